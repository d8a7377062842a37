"""What is known of every example before anything is drawn: counted once, not in every epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.features.baskets import Purchases

NO_DAY = -(2**30)
Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class ExampleFeatures:
    """What each example knows, one entry an example unless stated otherwise.

    Attributes:
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
        return _places(self.splits, order)

    def basket_products(self, order: Places) -> tuple[Places, Places]:
        """Positions of the products in the baskets of some examples, and which of the examples each is of."""
        return _places(self.basket_splits, order)


def _places(splits: Places, order: Places) -> tuple[Places, Places]:
    lengths = np.diff(splits)[order]
    rows = np.repeat(np.arange(len(order)), lengths)
    return np.arange(len(rows)) + np.repeat(splits[order] - np.cumsum(lengths) + lengths, lengths), rows


def count_example_features(
    days: Sequence[tuple[Purchases, int, bool]], half_life_days: float
) -> ExampleFeatures:
    """Count what each example knows: a customer's purchases, the day, whether the rest of a basket is
    predicted."""
    lists: list[tuple[npt.NDArray[np.int32], npt.NDArray[np.float64], npt.NDArray[np.int32]]] = []
    counts: list[tuple[int, int, int]] = []
    for purchases, day, rest in days:
        known = purchases.before(day)
        products, positions = np.unique(known.products, return_inverse=True)
        age = day + int(rest) - known.days
        weights = 0.5 ** (age / half_life_days)
        decayed = np.bincount(positions, weights=weights, minlength=len(products)).astype(np.float64)
        newest = np.zeros(len(products), np.int32)
        newest[positions] = known.days  # oldest first, so the newest stays
        lists.append((products.astype(np.int32), decayed, newest))
        shopping_days = int(np.count_nonzero(np.diff(known.days))) + 1 if len(products) else 0
        last = int(known.days[-1]) if len(products) else NO_DAY
        counts.append((shopping_days, len(known.products), last))
    shopping, total, last_days = np.array(counts, np.int64).reshape(-1, 3).T
    none = (np.zeros(0, np.int32), np.zeros(0, np.float64), np.zeros(0, np.int32))
    products, decayed, newest = (np.concatenate(parts) for parts in zip(none, *lists, strict=True))
    baskets = [purchases.on(day) for purchases, day, _ in days]
    return ExampleFeatures(
        day=np.array([day for _, day, _ in days], np.int64),
        rest=np.array([rest for _, _, rest in days], np.bool_),
        shopping_days=shopping,
        purchases=total,
        last=last_days,
        baskets=np.concatenate([none[0], *baskets]),
        basket_splits=_splits(baskets),
        products=products,
        decayed=decayed,
        newest=newest,
        splits=_splits([products for products, _, _ in lists]),
        # By numpy as all others: on some processors its powers differ from Python's in the last bit.
        day_old=float((0.5 ** np.array([1 / half_life_days]))[0]),
    )


def _splits(lists: Sequence[npt.NDArray[np.int32]]) -> Places:
    return np.cumsum([0, *map(len, lists)], dtype=np.int64)
