"""Plain recommenders, fitted in the same run on the same purchases: what a release is compared with.

Each is a function of the interactions that gives a scorer (``training.scorers``). Their constants are those
that did best on ten months of the sample.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from training.scorers import Floats, Linear, Rows, Scorer
from training.scorers.als import als
from training.scorers.limits import MOST_PRODUCTS
from training.scorers.neighbours import bm25_weights, cosine, products_alike
from training.scorers.ridge import carriers, ease_of
from training.validation.interaction_matrix import InteractionMatrix, Numbers

POPULAR, PERSONAL = "popular", "personal frequency"
POPULAR_DAYS = 30
HALF_LIFE_DAYS = 180.0
NEIGHBOURS, DAMPING = 20, 2.0
K1, B = 1.2, 0.75
LAMBDA_PER_BUYER = 4.0
"""lambda of EASE over the mean number of buyers of a product: about 300 with ten months of orders."""


@dataclass(frozen=True)
class OwnFirst:
    """What the customer bought before by ``own``, customers x products; behind it, and between equals,
    what is popular."""

    own: Any
    popular: Numbers
    products: Rows | None = None

    def __call__(self, customers: Rows) -> Numbers:
        if self.own is None:
            return np.tile(self.popular, (len(customers), 1))
        scores: Numbers = self.own[customers].toarray().astype(np.float64)
        scores += self.popular
        return scores


def popular(past: InteractionMatrix) -> OwnFirst:
    """One list for everybody: the products in most baskets of the window."""
    return OwnFirst(None, past.popularity().astype(np.float64))


def by_count(past: InteractionMatrix) -> OwnFirst:
    """By the number of the customer's baskets with the product; ties by the last 30 days' popularity."""
    return _own_first(past, np.ones(len(past.rows)))


def by_recency(past: InteractionMatrix) -> OwnFirst:
    """As ``by_count``, where a basket counts 0.5 ** (age / 180 days)."""
    return _own_first(past, 0.5 ** ((past.day_after - past.days) / HALF_LIFE_DAYS))


def _own_first(past: InteractionMatrix, weights: Numbers) -> OwnFirst:
    counts = past.popularity(POPULAR_DAYS).astype(np.float64)
    # Below any difference of two weights that is worth the name, so that it decides ties alone.
    return OwnFirst(past.matrix(weights), counts / (counts.max(initial=0.0) + 1) * 1e-6)


def by_cosine(past: InteractionMatrix) -> Linear:
    """Products of the same buyers; one is the most alike to itself, which is how repeat buying counts."""
    bought = past.matrix()
    return Linear(bought, cosine(bought, DAMPING, NEIGHBOURS, with_itself=True))


def by_bm25(past: InteractionMatrix) -> Linear:
    """The same by inner products of BM25 weights."""
    bought = past.matrix()
    rarity: Floats = np.log(1 + bought.shape[0] / (1 + past.buyers())).astype(np.float32)
    weighed = bm25_weights(bought, rarity, K1, B)
    return Linear(weighed, products_alike(weighed, NEIGHBOURS, with_itself=True))


def by_factors(past: InteractionMatrix) -> Linear:
    """128 factors by alternating least squares."""
    return als(past.matrix(), factors=128, ridge=5.0, alpha=8.0, rounds=10, seed=1)


def by_ease(past: InteractionMatrix, most_products: int = MOST_PRODUCTS) -> Linear:
    """EASE; of more products than ``most_products`` those bought most, and the others come last."""
    bought = past.matrix()
    ridge = LAMBDA_PER_BUYER * past.buyers().mean()
    return ease_of(bought, bought, ridge, carriers(bought, most_products))


BASELINES: Mapping[str, Callable[[InteractionMatrix], Scorer]] = {
    POPULAR: popular,
    PERSONAL: by_count,
    "personal recency": by_recency,
    "item-kNN, cosine": by_cosine,
    "item-kNN, BM25": by_bm25,
    "ALS": by_factors,
    "EASE": by_ease,
}
