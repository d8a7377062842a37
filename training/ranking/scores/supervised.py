"""A ridge from the history on earlier days to what was bought in the 30 days after them."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from training.ranking.algebra import inverse
from training.ranking.history_snapshot import HistorySnapshot
from training.ranking.scores import Product, Score

RIDGE = 40.0
DECAY_DAYS = 120.0
AHEAD_DAYS = 30
EVERY_DAYS = 15


def fit(past: HistorySnapshot) -> dict[str, Score]:
    """A customer's own products count too: their diagonal says how often each is bought again."""
    products = past.shape[1]
    gram = sp.csr_matrix((products, products))
    target = sp.csr_matrix((products, products))
    for day in range(past.day - AHEAD_DAYS, past.first_day + AHEAD_DAYS - 1, -EVERY_DAYS):
        told = past.decayed(past.buys[past.buys["day"] < day], day, DECAY_DAYS)
        ahead = past.buys[past.buys["day"].between(day, day + AHEAD_DAYS, inclusive="left")]
        bought = past.matrix(ahead)
        active = np.flatnonzero(np.asarray(told.sum(1)).ravel() * np.asarray(bought.sum(1)).ravel())
        weight = np.exp(-(past.day - AHEAD_DAYS - day) / DECAY_DAYS)
        told, bought = told[active], bought[active]
        gram = gram + (told.T @ told) * weight
        target = target + (told.T @ bought) * weight
    dense = gram.toarray().astype(np.float64)
    dense[np.diag_indices(products)] += RIDGE
    inverted = inverse(dense).astype(np.float32)
    weights = np.ascontiguousarray((sp.csr_matrix(target.T).astype(np.float32) @ inverted).T)
    return {"supervised": Product(past.decayed(past.buys, past.day, DECAY_DAYS), weights)}
