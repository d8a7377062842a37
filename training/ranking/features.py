"""Features of customers and products on a day, from what was known before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from training.errors import TrainingError
from training.ranking import scores as families
from training.ranking.aggregates.customer import customer_aggregates
from training.ranking.aggregates.pair import pair_aggregates
from training.ranking.aggregates.product import product_aggregates
from training.ranking.algebra import HIDDEN
from training.ranking.candidates import candidates
from training.ranking.history_snapshot import Floats, HistorySnapshot
from training.ranking.orders import Orders
from training.ranking.scores import Rows

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
    """Builds the features of any number of customers at a time, as of one day."""

    def __init__(self, orders: Orders, day: int) -> None:
        # Many small products of matrices: threads of BLAS cost more than they bring, and change the last
        # digits.
        with threadpool_limits(limits=1):
            self.snapshot = HistorySnapshot(orders, day)
            self.scores = families.fit(self.snapshot)
            self.products = product_aggregates(self.snapshot)
            self.customers = customer_aggregates(self.snapshot, self.products)

    @threadpool_limits.wrap(limits=1)  # type: ignore[untyped-decorator]
    def features(self, customers: Rows) -> Features:
        """The candidates of customers, given by number in increasing order."""
        scores = {name: score(customers) for name, score in self.scores.items()}
        owned = self.snapshot.bought[customers].toarray() > 0
        row, product = (
            part.astype(np.int64) for part in np.nonzero(candidates(scores, self.products, owned))
        )
        customer, own = customers[row], owned[row, product]
        columns: dict[str, Any] = {"owned": own}
        for name, score in scores.items():
            columns[f"score_{name}"] = score[row, product]
            if name in RANKED:
                columns[f"rank_{name}"] = _ranks(score, owned, row, product)
                columns[f"relative_{name}"] = _relative(score, owned)[row, product]
        columns |= {f"product_{name}": value[product] for name, value in self.products.items()}
        columns |= {f"customer_{name}": value[customer] for name, value in self.customers.items()}
        pairs = pair_aggregates(self.snapshot, customer, product, self.customers, self.products)
        columns |= {f"pair_{name}": value for name, value in pairs.items()}
        values = np.empty((len(row), len(columns)), np.float32)
        for number, column in enumerate(columns.values()):
            values[:, number] = column
        return Features(values, tuple(columns), customer, product, own)

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


def _ranks(score: Floats, owned: NDArray[np.bool_], row: Rows, product: Rows) -> Floats:
    """log(1 + rank): of an owned product among all, of another among those not owned."""
    order = np.argsort(-score, axis=1, kind="stable")
    new = np.cumsum(~np.take_along_axis(owned, order, 1), axis=1) - 1
    ranks = np.empty_like(order)
    all_ranks = np.broadcast_to(np.arange(score.shape[1]), order.shape)
    np.put_along_axis(ranks, order, np.where(np.take_along_axis(owned, order, 1), all_ranks, new), 1)
    logarithms: Floats = np.log1p(ranks[row, product]).astype(np.float32)
    return logarithms


def _relative(score: Floats, owned: NDArray[np.bool_]) -> Floats:
    hidden = np.where(owned, HIDDEN, score)
    place = min(REFERENCE, score.shape[1] - 1)
    reference = -np.partition(-hidden, place, axis=1)[:, place]
    relative: Floats = score / np.maximum(reference, np.float32(1e-6))[:, None]
    return relative
