"""EASE (Steck, Embarrassingly Shallow Autoencoders, 2019): a ridge from the other products to each one."""

from __future__ import annotations

from typing import Any

import numpy as np

from training.ranking.algebra import inverse, without_diagonal
from training.ranking.history_snapshot import Floats, HistorySnapshot
from training.ranking.scores import LinearScore, Score


def weights(rows: Any, ridge: float) -> Floats:
    """Products x products, diagonal 0, for customers (or baskets) x products."""
    gram = (rows.T @ rows).toarray().astype(np.float64)
    gram[np.diag_indices(len(gram))] += ridge
    inverted = inverse(gram)
    return without_diagonal(-inverted / np.diag(inverted))


def fit(snapshot: HistorySnapshot) -> dict[str, Score]:
    decayed = weights(snapshot.history, 50)
    baskets = weights(snapshot.weighed_baskets, 3)
    return {
        "ease": LinearScore(snapshot.bought, weights(snapshot.bought, 300)),
        "ease_decayed": LinearScore(snapshot.history, decayed),
        "ease_last_basket": LinearScore(snapshot.last_basket, decayed),
        "ease_recent": LinearScore(snapshot.recent, weights(snapshot.recent, 20)),
        "ease_baskets": LinearScore(snapshot.history, baskets),
        "ease_baskets_last": LinearScore(snapshot.last_basket_scaled, baskets),
    }
