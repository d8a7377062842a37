"""Features of customers and products on a day, from what was known before it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from training.errors import TrainingError
from training.ranking import scores
from training.ranking.aggregates.customer import customer_aggregates
from training.ranking.aggregates.pair import pair_aggregates
from training.ranking.aggregates.product import product_aggregates
from training.ranking.candidates import candidates
from training.ranking.history_snapshot import HistorySnapshot
from training.ranking.orders import Orders
from training.scorers import Floats, Rows, Scorer
from training.scorers.limits import MOST_PRODUCTS, blocks

RANKED = (
    "ease",
    "ease_decayed",
    "ease_recent",
    "ease_baskets",
    "ease_last_basket",
    "cosine_decayed",
    "cosine_baskets",
    "cosine_recent",
    "als128",
    "neighbours",
    "neighbours_recent",
    "supervised",
)
"""Scores that also become a rank, and a share of the customer's eleventh best new product."""
REFERENCE = 10
CANDIDATES, COLUMNS = 1500, 3 * 113
"""About as many a customer, and what the columns of one take in float32 and on the way there."""


@dataclass(frozen=True)
class Features:
    """Candidates of some customers, ordered by customer, and what is known of them.

    Attributes:
        values: candidates x features, float32; NaN is missing.
        names: names of the features.
        customer: of each candidate, its place in ``FeatureBuilder.snapshot.orders.customers``.
        product: of each candidate, its place in ``FeatureBuilder.snapshot.orders.products``.
        owned: whether the customer bought the product before.
    """

    values: Floats
    names: tuple[str, ...]
    customer: Rows
    product: Rows
    owned: NDArray[np.bool_]


class FeatureBuilder:
    """Builds the features of any number of customers, as of one day.

    Args:
        orders: may reach beyond the day.
        day: its ordinal.
        most_products: products of an exact ridge.
        without: names of scores that are left out, and so no features.
    """

    def __init__(
        self,
        orders: Orders,
        day: int,
        most_products: int = MOST_PRODUCTS,
        without: Collection[str] = frozenset(),
    ) -> None:
        # Many small products of matrices: threads of BLAS cost more than they bring, and change the last
        # digits.
        with threadpool_limits(limits=1):
            self.snapshot = HistorySnapshot(orders, day)
            self.scores = scores.fit(self.snapshot, most_products, without)
            self.products = product_aggregates(self.snapshot)
            self.customers = customer_aggregates(self.snapshot, self.products)

    def blocks(self, customers: Rows) -> Iterator[Features]:
        """The candidates of customers, given by number in increasing order, as many at a time as fit."""
        width = sum(self._width(scorer) for scorer in self.scores.values()) + 2 * self.snapshot.shape[1]
        for part in blocks(len(customers), 4 * (width + CANDIDATES * COLUMNS)):
            yield self.features(customers[part])

    def features(self, customers: Rows) -> Features:
        """The candidates of a few customers, given by number in increasing order."""
        with threadpool_limits(limits=1):
            scored = {name: (scorer.products, scorer(customers)) for name, scorer in self.scores.items()}
        owned = self.snapshot.bought[customers].toarray() > 0
        chosen = candidates(scored, self.products, owned)
        row, product = (part.astype(np.int64) for part in np.nonzero(chosen))
        customer, own = customers[row], owned[row, product]
        columns: dict[str, Any] = {"owned": own}
        for name in list(scored):
            scored_products, score = scored.pop(name)
            value = columns[f"score_{name}"] = _at(score, scored_products, row, product)
            if name in RANKED:
                rank, relative = _ranks(value, own, row)
                columns[f"rank_{name}"], columns[f"relative_{name}"] = rank, relative
        columns |= {f"product_{name}": value[product] for name, value in self.products.items()}
        columns |= {f"customer_{name}": value[customer] for name, value in self.customers.items()}
        pairs = pair_aggregates(self.snapshot, customer, product, self.customers, self.products)
        columns |= {f"pair_{name}": value for name, value in pairs.items()}
        values = np.empty((len(row), len(columns)), np.float32)
        for number, column in enumerate(columns.values()):
            values[:, number] = column
        return Features(values, tuple(columns), customer, product, own)

    def _width(self, scorer: Scorer) -> int:
        return self.snapshot.shape[1] if scorer.products is None else len(scorer.products)

    def numbers(self, customers: Sequence[str]) -> Rows:
        """Numbers of customers by id, increasing.

        Raises:
            TrainingError: when one has not bought before the day.
        """
        known = self.snapshot.orders.customers
        wanted = np.unique(np.asarray(customers, dtype=str))
        positions = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
        if (strangers := wanted[known[positions] != wanted]).size:
            raise TrainingError(
                f"customer {strangers[0]} bought nothing before {self.snapshot.date}; leave them out"
            )
        numbers: Rows = positions.astype(np.int64)
        return numbers


def features_at(
    orders: Orders, day: int, customers: Sequence[str]
) -> tuple[Floats, tuple[str, ...], NDArray[Any]]:
    """Features of customers' candidates on ``day``; orders on or after it are never seen.

    Args:
        orders: may reach beyond the day.
        day: its ordinal.
        customers: ids of customers who bought before it.

    Returns:
        Candidates x features; the features' names; and candidates x 2: customer and product ids.

    Raises:
        TrainingError: when there are no orders before the day, or a customer bought nothing before it.
    """
    builder = FeatureBuilder(orders, day)
    features = builder.features(builder.numbers(customers))
    known = builder.snapshot.orders
    rows = np.stack([known.customers[features.customer], known.products[features.product]], axis=1)
    return features.values, features.names, rows


def _at(score: Floats, scored: Rows | None, row: Rows, product: Rows) -> Floats:
    """The scores of some products; NaN, which is missing, for one that is not scored."""
    if scored is None:
        return score[row, product]
    place = np.minimum(np.searchsorted(scored, product), len(scored) - 1)
    values: Floats = np.where(scored[place] == product, score[row, place], np.float32(np.nan))
    return values


def _ranks(value: Floats, owned: NDArray[np.bool_], row: Rows) -> tuple[Floats, Floats]:
    """By a score of candidates, ordered by customer: log(1 + rank), and its share of a reference.

    An owned product has its rank among all candidates, another that among those not owned; the reference is
    the customer's eleventh best of these, or the last where there are fewer.
    """
    order = np.lexsort((-value, row))
    start = np.searchsorted(row, row)
    new = ~owned[order]
    new_before = np.cumsum(new) - new
    sorted_rank = np.where(new, new_before - new_before[start[order]], np.arange(len(order)) - start[order])
    rank = np.empty(len(row), np.float32)
    rank[order] = np.log1p(sorted_rank)
    rank[np.isnan(value)] = np.nan
    reference = np.zeros(int(row[-1]) + 1 if len(row) else 0, np.float32)
    eligible = order[new & (sorted_rank <= REFERENCE) & ~np.isnan(value[order])]
    reference[row[eligible]] = value[eligible]
    relative: Floats = value / np.maximum(reference, np.float32(1e-6))[row]
    return rank, relative
