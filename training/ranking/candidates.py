"""Which products a customer is ranked for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.ranking.algebra import HIDDEN
from training.ranking.history_snapshot import Floats

MANY = (
    "ease",
    "ease_decayed",
    "ease_recent",
    "ease_baskets",
    "cosine_baskets",
    "als128",
    "neighbours",
    "supervised",
)
FROM_MANY, FROM_OTHERS, FROM_POPULAR = 70, 30, 50
POPULAR = ("new_buyers30", "new_buyers14", "popular7")


def candidates(
    scores: dict[str, Floats], products: dict[str, Floats], owned: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """All owned products, and of the others the best by each score and the shop's best sellers.

    Args:
        scores: name to customers x products.
        products: what ``product_aggregates`` gives.
        owned: customers x products.

    Returns:
        Customers x products.
    """
    chosen = owned.copy()
    for name, score in scores.items():
        _choose(chosen, np.where(owned, HIDDEN, score), FROM_MANY if name in MANY else FROM_OTHERS)
    for name in POPULAR:
        _choose(chosen, np.where(owned, HIDDEN, products[name][None]), FROM_POPULAR)
    return chosen


def _choose(chosen: NDArray[np.bool_], score: Floats, number: int) -> None:
    if number >= score.shape[1]:
        chosen[:] = True
    else:
        best = np.argpartition(-score, number, axis=1)[:, :number]
        np.put_along_axis(chosen, best, True, 1)
