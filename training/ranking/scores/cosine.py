"""Item-to-item similarities: cosine of histories and of baskets, BM25."""

from __future__ import annotations

import numpy as np

from training.ranking import algebra
from training.ranking.history_snapshot import Floats, HistorySnapshot
from training.ranking.scores import Product, Score

K1, B, BM25_NEIGHBOURS = 1.2, 0.75, 100
RECENT_DAYS = 60


def fit(past: HistorySnapshot) -> dict[str, Score]:
    baskets = algebra.cosine(past.weighed_baskets, 0.1)
    histories = algebra.cosine(past.history, 2)
    recent = algebra.cosine(past.matrix(past.since(RECENT_DAYS)), 2)
    return {
        "cosine_baskets": Product(past.history, baskets),
        "cosine_baskets_last": Product(past.last_basket_scaled, baskets),
        "cosine_decayed": Product(past.history, histories),
        "cosine_last_basket": Product(past.last_basket_scaled, histories),
        "cosine_recent": Product(past.history, recent),
        "bm25": _bm25(past),
    }


def _bm25(past: HistorySnapshot) -> Product:
    """Rows weighed as documents by BM25, then their inner products, the 100 largest of each product."""
    rows = past.bought.copy()
    length = np.asarray(past.bought.sum(1)).ravel()
    relative = np.repeat(length, np.diff(rows.indptr)) / length.mean()
    damped = rows.data * (K1 + 1) / (rows.data + K1 * (1 - B + B * relative))
    rows.data = (damped * past.rarity[rows.indices]).astype(np.float32)
    gram: Floats = algebra.without_diagonal((rows.T @ rows).toarray())
    return Product(rows, algebra.keep_largest(gram, BM25_NEIGHBOURS))
