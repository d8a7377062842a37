"""Which products a customer is ranked for."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from training.scorers import Floats, Rows

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
    scores: Mapping[str, tuple[Rows | None, Floats]], products: Mapping[str, Floats], owned: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """All owned products, and of the others the best by each score and the shop's best sellers.

    A score of 0 says nothing for a product, so that fewer are taken where fewer have more.

    Args:
        scores: by name, the products that are scored (None for all) and customers x these.
        products: what ``product_aggregates`` gives.
        owned: customers x products.

    Returns:
        Customers x products.
    """
    chosen = owned.copy()
    for name, (scored, score) in scores.items():
        number = FROM_MANY if name in MANY else FROM_OTHERS
        if scored is None:
            chosen |= _best(score, owned, number)
        else:
            chosen[:, scored] |= _best(score, owned[:, scored], number)
    for name in POPULAR:
        order = np.argsort(-products[name], kind="stable")
        place = np.empty(len(order), np.float32)
        place[order] = np.arange(len(order), 0, -1)
        chosen |= _best(np.broadcast_to(place, owned.shape), owned, FROM_POPULAR)
    return chosen


def _best(score: Floats, owned: NDArray[np.bool_], number: int) -> NDArray[np.bool_]:
    """The ``number`` highest scores above 0 of what is not owned, and what ties with the last of them."""
    open_to = np.where(owned, np.float32(0), score)
    if number < score.shape[1]:
        least = np.partition(open_to, -number, axis=1)[:, -number, None]
        above: NDArray[np.bool_] = (open_to >= least) & (open_to > 0)
        return above
    return ~owned
