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
    """Of each example: its day, whether it is of the second kind (``rest``), its basket, and what was before.

    The baskets are one list after the other, cut by ``basket_splits``.
    Before the day: shopping days, ``purchases``, the ``last`` day of them (NO_DAY without any), and the
    products known. These are one list after the other, cut by ``splits``: ``items`` ascending, ``decayed``
    (float64, at the day, or at the day after for the second kind) and ``newest`` day. ``day_old`` is what a
    purchase of the day before weighs.
    """

    day: npt.NDArray[np.int64]
    rest: npt.NDArray[np.bool_]
    shopping_days: npt.NDArray[np.int64]
    purchases: npt.NDArray[np.int64]
    last: npt.NDArray[np.int64]
    baskets: npt.NDArray[np.int32]
    basket_splits: npt.NDArray[np.int64]
    items: npt.NDArray[np.int32]
    decayed: npt.NDArray[np.float64]
    newest: npt.NDArray[np.int32]
    splits: npt.NDArray[np.int64]
    day_old: float

    def of(self, order: Places) -> tuple[Places, Places]:
        """Where the products known of some examples are, and which of the examples (0, 1, ...) each is of."""
        return _places(self.splits, order)

    def bought(self, order: Places) -> tuple[Places, Places]:
        """The same of the baskets: where their products are, and of which of the examples each is."""
        return _places(self.basket_splits, order)


def _places(splits: Places, order: Places) -> tuple[Places, Places]:
    lengths = np.diff(splits)[order]
    rows = np.repeat(np.arange(len(order)), lengths)
    return np.arange(len(rows)) + np.repeat(splits[order] - np.cumsum(lengths) + lengths, lengths), rows


def facts_of(days: Sequence[tuple[Purchases, int, bool]], half_life_days: float) -> ExampleFeatures:
    """Count what the examples (purchases of a customer, day, whether half of the basket is told) know."""
    lists: list[tuple[npt.NDArray[np.int32], npt.NDArray[np.float64], npt.NDArray[np.int32]]] = []
    counted: list[tuple[int, int, int]] = []
    for purchases, day, rest in days:
        known = purchases.before(day)
        items, place = np.unique(known.items, return_inverse=True)
        age = day + int(rest) - known.days
        weights = 0.5 ** (age / half_life_days)
        decayed = np.bincount(place, weights=weights, minlength=len(items)).astype(np.float64)
        newest = np.zeros(len(items), np.int32)
        newest[place] = known.days  # oldest first, so the newest stays
        lists.append((items.astype(np.int32), decayed, newest))
        shopping_days = int(np.count_nonzero(np.diff(known.days))) + 1 if len(items) else 0
        last = int(known.days[-1]) if len(items) else NO_DAY
        counted.append((shopping_days, len(known.items), last))
    shopping, total, last_days = np.array(counted, np.int64).reshape(-1, 3).T
    none = (np.zeros(0, np.int32), np.zeros(0, np.float64), np.zeros(0, np.int32))
    items, decayed, newest = (np.concatenate(parts) for parts in zip(none, *lists, strict=True))
    baskets = [purchases.on(day) for purchases, day, _ in days]
    return ExampleFeatures(
        day=np.array([day for _, day, _ in days], np.int64),
        rest=np.array([rest for _, _, rest in days], np.bool_),
        shopping_days=shopping,
        purchases=total,
        last=last_days,
        baskets=np.concatenate([none[0], *baskets]),
        basket_splits=_splits(baskets),
        items=items,
        decayed=decayed,
        newest=newest,
        splits=_splits([one for one, _, _ in lists]),
        # By numpy as all others: on some processors its powers differ from Python's in the last bit.
        day_old=float((0.5 ** np.array([1 / half_life_days]))[0]),
    )


def _splits(lists: Sequence[npt.NDArray[np.int32]]) -> Places:
    return np.cumsum([0, *map(len, lists)], dtype=np.int64)
