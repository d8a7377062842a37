"""What is known of every example before anything is drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.features.baskets import Histories

NO_DAY = -(2**30)
Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class ExampleFeatures:
    """What each example knows, one entry an example unless stated otherwise.

    Attributes:
        shard: that the customer is in, ascending.
        day: day of the example.
        rest: whether it predicts the rest of a basket.
        shopping_days: days with purchases before it.
        purchases: how many there were on those days.
        last: the last of those days; NO_DAY without any.
        baskets: the products of all baskets, one after the other, cut by ``basket_splits``.
        products: the products bought before, ascending in each example, cut by ``splits``.
        decayed: weight of each of these on the day (on the day after, for the rest of a basket).
        newest: day on which each of these was last bought.
        day_old: what a purchase of the day before weighs.
    """

    shard: npt.NDArray[np.int32]
    day: npt.NDArray[np.int64]
    rest: npt.NDArray[np.bool_]
    shopping_days: npt.NDArray[np.int64]
    purchases: npt.NDArray[np.int64]
    last: npt.NDArray[np.int64]
    baskets: npt.NDArray[np.int32]
    basket_splits: npt.NDArray[np.int64]
    products: npt.NDArray[np.int32]
    decayed: npt.NDArray[np.float64]
    newest: npt.NDArray[np.int32]
    splits: npt.NDArray[np.int64]
    day_old: float

    def known_products(self, order: Places) -> tuple[Places, Places]:
        """Positions of the products that some examples know, and which of the examples (0, 1, ...) each is
        of."""
        return ranges(self.splits[order], self.splits[order + 1])

    def basket_products(self, order: Places) -> tuple[Places, Places]:
        """Positions of the products in the baskets of some examples, and which of the examples each is of."""
        return ranges(self.basket_splits[order], self.basket_splits[order + 1])


def count_example_features(histories: Histories, half_life_days: float) -> ExampleFeatures:
    """Count what each example knows: of each customer the next baskets, oldest first, then the rests."""
    days, products = histories.days, histories.products.astype(np.int64)
    customer_of_row = np.repeat(np.arange(len(histories.shards)), np.diff(histories.splits))
    begins = np.append(True, (np.diff(customer_of_row) != 0) | (np.diff(days) != 0))[: len(days)]
    starts = np.flatnonzero(begins)
    ends = np.append(starts[1:], len(days))[: len(starts)]
    customer = customer_of_row[starts]
    first = np.searchsorted(customer, np.arange(len(histories.shards)))  # basket of each customer
    earlier = np.arange(len(starts)) - first[customer]
    baskets = np.concatenate([np.flatnonzero(earlier > 0), np.flatnonzero(ends - starts > 1)])
    rest = np.arange(len(baskets)) >= np.count_nonzero(earlier > 0)
    order = np.lexsort((baskets, rest, customer[baskets]))
    baskets, rest = baskets[order], rest[order]

    known_from = histories.splits[customer[baskets]]
    rows, of_example = ranges(known_from, starts[baskets])
    # Stable, so that a product's purchases stay oldest first: they are added up as features_at adds them.
    by_product = np.argsort(of_example * (1 + int(products.max(initial=0))) + products[rows], kind="stable")
    rows, of_example = rows[by_product], of_example[by_product]
    is_first = np.append(True, (np.diff(of_example) != 0) | (np.diff(products[rows]) != 0))[: len(rows)]
    firsts = np.flatnonzero(is_first)
    day = days[starts[baskets]].astype(np.int64) if len(baskets) else np.zeros(0, np.int64)
    weights = 0.5 ** (((day + rest)[of_example] - days[rows]) / half_life_days)
    decayed = np.bincount(np.cumsum(is_first) - 1, weights=weights, minlength=len(firsts))
    last_rows = np.append(firsts[1:], len(rows))[: len(firsts)] - 1
    basket_rows, in_basket_of = ranges(starts[baskets], ends[baskets])
    previous = np.maximum(baskets - 1, 0)
    return ExampleFeatures(
        shard=histories.shards[customer[baskets]],
        day=day,
        rest=rest,
        shopping_days=earlier[baskets],
        purchases=starts[baskets] - known_from,
        last=np.where(earlier[baskets] > 0, days[starts[previous]], NO_DAY).astype(np.int64),
        baskets=histories.products[basket_rows],
        basket_splits=_splits(in_basket_of, len(baskets)),
        products=histories.products[rows[firsts]],
        decayed=decayed.astype(np.float64),
        newest=days[rows[last_rows]],
        splits=_splits(of_example[firsts], len(baskets)),
        # By numpy as all others: on some processors its powers differ from Python's in the last bit.
        day_old=float((0.5 ** np.array([1 / half_life_days]))[0]),
    )


def ranges(first: Places, end: Places) -> tuple[Places, Places]:
    """The positions from each first up to each end, and which of the ranges each is of."""
    lengths = end - first
    of_range = np.repeat(np.arange(len(lengths)), lengths)
    return np.arange(len(of_range)) + np.repeat(first - np.cumsum(lengths) + lengths, lengths), of_range


def _splits(of_example: Places, examples: int) -> Places:
    counts = np.bincount(of_example, minlength=examples)
    return np.append(0, np.cumsum(counts)).astype(np.int64)
