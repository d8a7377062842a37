"""The scores that are features of the ranking, with the constants that did best on August 2011 and before
(docs/recommender.md), and which of them a shop is too large for."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from training.ranking.history_snapshot import HistorySnapshot
from training.ranking.product_texts import codes_alike, texts_alike
from training.scorers import Linear, Scorer
from training.scorers.als import als
from training.scorers.limits import BLOCK_BYTES, KEPT_BYTES
from training.scorers.neighbours import CustomersAlike, bm25_weights, cosine, products_alike, unit_rows
from training.scorers.ridge import carriers, ease_of, narrowed, regression

NEIGHBOURS = 300
"""Of a product, by each likeness but BM25: the lists of the sample are what they are with all of them."""
K1, B, BM25_NEIGHBOURS = 1.2, 0.75, 100
CUSTOMERS_ALIKE, CUSTOMERS_AT_LEAST = 200, 64
"""How many count; and how many must fit into a block for them to be looked for at all."""
RIDGE, DECAY_DAYS, AHEAD_DAYS, EVERY_DAYS = 40.0, 120.0, 30, 15
"""Of the ridge from the history on earlier days to what was bought in the 30 days after them."""


@dataclass(frozen=True)
class Family:
    """Scores that share what they keep.

    Attributes:
        names: of the scores.
        fit: from a snapshot and the most products of a ridge, to one scorer a name.
        kept: bytes kept for customers, products and the most products of a ridge.
        limit: bytes it may keep.
    """

    names: tuple[str, ...]
    fit: Callable[[HistorySnapshot, int], tuple[Scorer, ...]]
    kept: Callable[[int, int, int], int]
    limit: int = KEPT_BYTES


def left_out(shape: tuple[int, int], most_products: int) -> dict[str, str]:
    """By name, why a score does not fit a shop of so many customers and products."""
    return {
        name: f"needs {kept / 2**20:,.0f} MiB for {shape[0]:,} customers and {shape[1]:,} products, "
        f"of at most {family.limit / 2**20:,.0f}"
        for family in FAMILIES
        if (kept := family.kept(*shape, most_products)) > family.limit
        for name in family.names
    }


def fit(
    snapshot: HistorySnapshot, most_products: int, without: Collection[str] = frozenset()
) -> dict[str, Scorer]:
    """Every score but those of ``without``, fitted to the past."""
    return {
        name: scorer
        for family in FAMILIES
        if not without or not set(family.names) <= set(without)
        for name, scorer in zip(family.names, family.fit(snapshot, most_products), strict=True)
    }


def _ease(rows: str, ridge: float, *asked: str) -> Callable[[HistorySnapshot, int], tuple[Scorer, ...]]:
    """EASE of a matrix of the snapshot, asked with others of them."""

    def fitted(snapshot: HistorySnapshot, most: int) -> tuple[Scorer, ...]:
        first, *others = (getattr(snapshot, name) for name in asked)
        scorer = ease_of(first, getattr(snapshot, rows), ridge, carriers(snapshot.bought, most))
        return (
            scorer,
            *(Linear(narrowed(other, scorer.products), scorer.right, scorer.products) for other in others),
        )

    return fitted


def _cosine(rows: str, damping: float, *asked: str) -> Callable[[HistorySnapshot, int], tuple[Scorer, ...]]:
    def fitted(snapshot: HistorySnapshot, _: int) -> tuple[Scorer, ...]:
        alike = cosine(getattr(snapshot, rows), damping, NEIGHBOURS)
        return tuple(Linear(getattr(snapshot, name), alike) for name in asked)

    return fitted


def _bm25(snapshot: HistorySnapshot, _: int) -> tuple[Scorer, ...]:
    weighed = bm25_weights(snapshot.bought, snapshot.rarity, K1, B)
    return (Linear(weighed, products_alike(weighed, BM25_NEIGHBOURS)),)


def _supervised(snapshot: HistorySnapshot, most: int) -> tuple[Scorer, ...]:
    """Its diagonal says how often each product is bought again by who has it."""
    chosen = carriers(snapshot.bought, most)
    products = snapshot.shape[1] if chosen is None else len(chosen)
    gram, target = sp.csr_matrix((products, products)), sp.csr_matrix((products, products))
    for day in range(snapshot.day - AHEAD_DAYS, snapshot.first_day + AHEAD_DAYS - 1, -EVERY_DAYS):
        history = snapshot.decayed(snapshot.buys[snapshot.buys["day"] < day], day, DECAY_DAYS)
        ahead = snapshot.buys[snapshot.buys["day"].between(day, day + AHEAD_DAYS, inclusive="left")]
        bought = snapshot.matrix(ahead)
        active = np.flatnonzero(np.asarray(history.sum(1)).ravel() * np.asarray(bought.sum(1)).ravel())
        weight = np.exp(-(snapshot.day - AHEAD_DAYS - day) / DECAY_DAYS)
        history, bought = narrowed(history[active], chosen), narrowed(bought[active], chosen)
        gram = gram + (history.T @ history) * weight
        target = target + (history.T @ bought) * weight
    weights = regression(gram, target, RIDGE)
    history = narrowed(snapshot.decayed(snapshot.buys, snapshot.day, DECAY_DAYS), chosen)
    return (Linear(history, weights, chosen),)


def _als(
    rows: str, factors: int, ridge: float, seed: int
) -> Callable[[HistorySnapshot, int], tuple[Scorer, ...]]:
    return lambda snapshot, _: (als(getattr(snapshot, rows), factors, ridge, 8.0, 10, seed),)


def _customers_alike(snapshot: HistorySnapshot, _: int) -> tuple[Scorer, ...]:
    taste = unit_rows((unit_rows(snapshot.history) @ sp.diags(snapshot.rarity)).tocsr())
    slowly = snapshot.matrix(snapshot.pairs, snapshot.pairs["weight180"])
    recent = snapshot.matrix(snapshot.since(30))
    return tuple(CustomersAlike(taste, bought, CUSTOMERS_ALIKE) for bought in (slowly, recent))


def _texts(snapshot: HistorySnapshot, _: int) -> tuple[Scorer, ...]:
    alike = texts_alike(snapshot.orders, NEIGHBOURS)
    return Linear(snapshot.history, alike), Linear(snapshot.last_basket_scaled, alike)


def _codes(snapshot: HistorySnapshot, _: int) -> tuple[Scorer, ...]:
    near, same = codes_alike(snapshot.orders.products)
    return Linear(snapshot.history, near), Linear(snapshot.bought, same)


def _recent(snapshot: HistorySnapshot, _: int) -> tuple[Scorer, ...]:
    return (Linear(snapshot.history, cosine(snapshot.matrix(snapshot.since(60)), 2, NEIGHBOURS)),)


def _square(_: int, products: int, most: int) -> int:
    return 8 * min(products, most) ** 2


def _sparse(_customers: int, products: int, _most: int) -> int:
    return 8 * products * min(NEIGHBOURS, products)


def _tables(factors: int) -> Callable[[int, int, int], int]:
    return lambda customers, products, _: 4 * factors * (customers + products)


FAMILIES: tuple[Family, ...] = (
    Family(("ease",), _ease("bought", 300, "bought"), _square),
    Family(("ease_decayed", "ease_last_basket"), _ease("history", 50, "history", "last_basket"), _square),
    Family(("ease_recent",), _ease("recent", 20, "recent"), _square),
    Family(
        ("ease_baskets", "ease_baskets_last"),
        _ease("weighed_baskets", 3, "history", "last_basket_scaled"),
        _square,
    ),
    Family(
        ("cosine_baskets", "cosine_baskets_last"),
        _cosine("weighed_baskets", 0.1, "history", "last_basket_scaled"),
        _sparse,
    ),
    Family(
        ("cosine_decayed", "cosine_last_basket"),
        _cosine("history", 2, "history", "last_basket_scaled"),
        _sparse,
    ),
    Family(("cosine_recent",), _recent, _sparse),
    Family(("bm25",), _bm25, _sparse),
    Family(("supervised",), _supervised, _square),
    Family(("als128",), _als("history", 128, 5.0, 1), _tables(128)),
    Family(("als32",), _als("recent", 32, 2.0, 2), _tables(32)),
    Family(
        ("neighbours", "neighbours_recent"),
        _customers_alike,
        lambda customers, *_: 16 * customers * CUSTOMERS_AT_LEAST,
        BLOCK_BYTES,
    ),
    Family(("text", "text_last_basket"), _texts, _sparse),
    Family(("near_codes", "same_digits"), _codes, _sparse),
)
