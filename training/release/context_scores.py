"""What a question brings (products in the basket or just viewed, the weekday) -> scores of candidates.

Numpy and nothing else: serving copies this file beside its model into Triton's image, so that training, the
measure of it and service count one thing in one way.

A candidate is a product of the customer's list or a neighbour of a product that the question brings. Its
score is the estimated probability that it is bought in the rest of the basket: a logistic regression on what
the list says (the ranker's probability) and on what the brought products say (how often the two were in one
basket), fitted by ``training.ranking.context``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

VIEWED = 0.5
"""What a viewed product counts beside one in the basket. Orders hold no views, so this cannot be learned."""
MOST_NEIGHBOURS = 200
"""Candidates that no list has, those most similar to what is brought."""
LEAST = 1e-3
"""Added to similarities before their logarithm."""
FEATURES = (
    "in_list",
    "logit",
    "owned",
    "mean_cosine",
    "best_cosine",
    "mean_confidence",
    "best_confidence",
    "popularity",
    "weekday",
    "brought",
    "mean_confidence_brought",
    "logit_brought",
)

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[Any]


@dataclass(frozen=True)
class ContextScorer:
    """The fitted scorer; products are numbers below P.

    Attributes:
        start: int64 [P + 1], where a product's neighbours begin.
        neighbour: int32 [N], products that were in one basket with it.
        cosine: float32 [N], of the two products' baskets, recent and small ones counting more.
        confidence: float32 [N], share of the product's baskets that hold the neighbour.
        popularity: float32 [P], log(1 + baskets of the last 30 days).
        weekday: float32 [7, P], log of how much more often than usual it is bought on that day, Monday first.
        known: float64 [FEATURES + 1], coefficients for a customer with a list, the intercept last.
        stranger: the same for one without.
    """

    start: npt.NDArray[np.int64]
    neighbour: npt.NDArray[np.int32]
    cosine: Floats
    confidence: Floats
    popularity: Floats
    weekday: Floats
    known: npt.NDArray[np.float64]
    stranger: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Brought:
    """What a question brings: numbers of products, what each counts, the weekday (0 is Monday) or None."""

    products: npt.NDArray[np.int64]
    weights: Floats
    weekday: int | None = None

    @staticmethod
    def of(basket: Numbers, viewed: Numbers, weekday: int | None = None) -> Brought:
        """Each product once; one in the basket that was viewed too is in the basket."""
        viewed = np.setdiff1d(viewed, basket)
        basket = np.unique(basket)
        weights = np.repeat(np.array([1.0, VIEWED], np.float32), [len(basket), len(viewed)])
        return Brought(np.concatenate([basket, viewed]).astype(np.int64), weights, weekday)


@dataclass(frozen=True)
class List:
    """What is known of a customer before the question: products, probabilities, which are owned."""

    products: Numbers
    scores: Floats
    owned: npt.NDArray[np.bool_]


NO_LIST = List(np.empty(0, np.int64), np.empty(0, np.float32), np.empty(0, np.bool_))


def candidates(scorer: ContextScorer, brought: Brought, listed: List) -> tuple[Numbers, Floats]:
    """The products to score, numbers [n], and what is known of each, [n, FEATURES].

    What is in the basket is no candidate; what was only viewed may be one.
    """
    counts = np.diff(scorer.start)[brought.products]
    rows = _rows(scorer.start[brought.products], counts)
    near, place = np.unique(scorer.neighbour[rows], return_inverse=True)
    weight = np.repeat(brought.weights, counts)
    evidence = np.zeros((4, len(near)))
    for number, similarity in enumerate((scorer.cosine, scorer.confidence)):
        weighed = weight * similarity[rows]
        evidence[2 * number] = np.bincount(place, weighed, len(near)) / max(brought.weights.sum(), 1e-9)
        np.maximum.at(evidence[2 * number + 1], place, weighed)
    in_basket = brought.products[brought.weights == 1]
    new = np.flatnonzero(~np.isin(near, listed.products) & ~np.isin(near, in_basket))
    new = new[np.argsort(-evidence[0, new], kind="stable")[:MOST_NEIGHBOURS]]
    kept = ~np.isin(listed.products, in_basket)
    products = np.concatenate([listed.products[kept], near[new]]).astype(np.int64)
    values = np.zeros((len(products), len(FEATURES)), np.float32)
    old = int(kept.sum())
    share = np.clip(listed.scores[kept].astype(np.float64), 1e-6, 1 - 1e-6)
    values[:old, 0] = 1
    values[:old, 1] = np.log(share / (1 - share))
    values[:old, 2] = listed.owned[kept]
    found = np.minimum(np.searchsorted(near, products), max(len(near) - 1, 0))
    is_near = near[found] == products if len(near) else np.zeros(len(products), np.bool_)
    values[:, 3:7] = np.log(LEAST)
    values[is_near, 3:7] = np.log(evidence[:, found[is_near]].T + LEAST)
    values[:, 7] = scorer.popularity[products]
    if brought.weekday is not None:
        values[:, 8] = scorer.weekday[brought.weekday, products]
    values[:, 9] = np.log1p(brought.weights.sum())
    values[:, 10] = values[:, 5] * values[:, 9]
    values[:, 11] = values[:, 1] * values[:, 9]
    return products, values


def scores(scorer: ContextScorer, values: Floats, known: bool) -> Floats:
    """Probabilities of candidates: of a customer with a list (``known``), or without."""
    weights = scorer.known if known else scorer.stranger
    logits = values @ weights[:-1] + weights[-1]
    probabilities: Floats = (1 / (1 + np.exp(-logits))).astype(np.float32)
    return probabilities


def _rows(start: Numbers, counts: Numbers) -> Numbers:
    """The numbers of ``counts[i]`` rows from ``start[i]`` on, for every i."""
    ends = np.cumsum(counts)
    rows: Numbers = np.arange(ends[-1] if len(ends) else 0) + np.repeat(start - (ends - counts), counts)
    return rows
