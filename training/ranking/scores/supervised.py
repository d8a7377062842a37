"""A ridge from the history on earlier days to what was bought in the 30 days after them."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from training.ranking.algebra import inverse
from training.ranking.history_snapshot import HistorySnapshot
from training.ranking.scores import LinearScore, Score

RIDGE = 40.0
DECAY_DAYS = 120.0
AHEAD_DAYS = 30
EVERY_DAYS = 15


def fit(snapshot: HistorySnapshot) -> dict[str, Score]:
    """Fit the ridge; its diagonal says how often each product is bought again by who has it."""
    products = snapshot.shape[1]
    gram = sp.csr_matrix((products, products))
    target = sp.csr_matrix((products, products))
    for day in range(snapshot.day - AHEAD_DAYS, snapshot.first_day + AHEAD_DAYS - 1, -EVERY_DAYS):
        history = snapshot.decayed(snapshot.buys[snapshot.buys["day"] < day], day, DECAY_DAYS)
        ahead = snapshot.buys[snapshot.buys["day"].between(day, day + AHEAD_DAYS, inclusive="left")]
        bought = snapshot.matrix(ahead)
        active = np.flatnonzero(np.asarray(history.sum(1)).ravel() * np.asarray(bought.sum(1)).ravel())
        weight = np.exp(-(snapshot.day - AHEAD_DAYS - day) / DECAY_DAYS)
        history, bought = history[active], bought[active]
        gram = gram + (history.T @ history) * weight
        target = target + (history.T @ bought) * weight
    dense = gram.toarray().astype(np.float64)
    dense[np.diag_indices(products)] += RIDGE
    inverted = inverse(dense).astype(np.float32)
    weights = np.ascontiguousarray((sp.csr_matrix(target.T).astype(np.float32) @ inverted).T)
    return {"supervised": LinearScore(snapshot.decayed(snapshot.buys, snapshot.day, DECAY_DAYS), weights)}
