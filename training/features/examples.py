"""What the model learns from: a customer at the start of a shopping day, and what was bought that day.

Two kinds of examples, made from every basket:

- *next basket* (from the second one on): the history before the day, the whole basket to predict;
- *rest of the basket*: half of the basket is revealed, drawn anew in every epoch, and the other half is to
  predict; what was revealed is not a candidate. A log of one month, in which most customers come once,
  teaches what goes together by this kind alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import ceil

import numpy as np
import numpy.typing as npt

from training.features.baskets import Baskets, Purchases
from training.features.epoch_examples import EpochExamples, RaggedArray
from training.features.example_features import ExampleFeatures, count_example_features
from training.features.feature_cache import FeatureCache
from training.features.history import USER_FEATURES, time_features, user_features, user_width

TARGETS = 64
"""Products of a basket that are learned from at a time; larger baskets are sampled, anew in every epoch."""

REST_WEIGHT = 0.3
"""Weight of a rest of the basket: there are more of these, and the next basket is what is asked for."""

Arrays = Mapping[str, npt.NDArray[np.generic]]


@dataclass(frozen=True)
class Shape:
    """Shapes of the examples: history length H, half life in days, examples in a step, and whether the user
    features tell the time."""

    length: int
    half_life_days: float
    batch: int
    time: bool = False


class Examples:
    """All examples of some baskets.

    The same seed and epoch give the same examples in the same order on every worker. What does not change
    from epoch to epoch is counted once, and ``cache`` keeps it for other runs. An epoch draws its order and
    what is revealed, and adds up all rows at a time: the histories are those of ``features_at`` to the last
    bit.
    """

    def __init__(self, baskets: Baskets, shape: Shape, seed: int, cache: FeatureCache | None = None) -> None:
        self.shape, self.seed, self._cache = shape, seed, cache
        self._days: list[tuple[Purchases, int, bool]] = []
        for purchases in baskets.by_customer.values():
            days = np.unique(purchases.days).tolist()
            self._days += [(purchases, day, False) for day in days[1:]]
            self._days += [(purchases, day, True) for day in days if len(purchases.on(day)) > 1]

    def __len__(self) -> int:
        return len(self._days)

    @property
    def steps(self) -> int:
        """Steps in one epoch."""
        return ceil(len(self._days) / self.shape.batch)

    @cached_property
    def features(self) -> ExampleFeatures:
        """What is known of each example before anything is drawn."""

        def count() -> ExampleFeatures:
            return count_example_features(self._days, self.shape.half_life_days)

        if self._cache is None:
            return count()
        # These cut or add to what is drawn later; every other field of the shape may decide a feature.
        decides = {
            name: value for name, value in vars(self.shape).items() if name not in ("length", "batch", "time")
        }
        return self._cache.features(decides, count)

    def arrays(self, epoch: int) -> dict[str, npt.NDArray[np.generic]]:
        """The examples of one epoch, [steps * batch, ...].

        ``history`` int32 [H], ``weights`` float32 [H], ``user`` float32 [U]: the model's inputs;
        ``revealed`` int32 [H] and ``targets`` int32 [TARGETS], padded with 0; ``weight`` float32 [].
        """
        return self.draw(epoch).padded(self.shape.length, TARGETS)

    def draw(self, epoch: int, ordered: bool = True) -> EpochExamples:
        """The examples of one epoch; rows of weight 0 fill up the last step.

        Histories hold the products with most weight first, or by number when they need not be ``ordered``.
        """
        random = np.random.default_rng([self.seed, epoch])
        features, length = self.features, self.shape.length
        order = random.permutation(len(self._days))
        positions, rows = features.basket_products(order)
        products = features.baskets[positions]
        sizes = np.bincount(rows, minlength=len(order))
        ends = np.cumsum(sizes)
        for begin, end in zip((ends - sizes).tolist(), ends.tolist(), strict=True):
            random.shuffle(products[begin:end])
        places = np.arange(len(products)) - np.repeat(ends - sizes, sizes)
        rest = features.rest[order]
        revealed_count = np.where(rest, (sizes + 1) // 2, 0)
        is_revealed = places < np.minimum(revealed_count, length)[rows]
        target_places = places - revealed_count[rows]
        is_target = (target_places >= 0) & (target_places < TARGETS)
        row_count = self.steps * self.shape.batch
        revealed = np.argsort(rows[is_revealed] * (1 + int(products.max(initial=0))) + products[is_revealed])
        revealed_rows, revealed_products = rows[is_revealed][revealed], products[is_revealed][revealed]
        history, weights, known, total = self._histories(order, revealed_rows, revealed_products, ordered)
        user = np.zeros((row_count, user_width(self.shape.time)), np.float32)
        age = np.where(rest, 1, features.day[order] - features.last[order])
        purchase_features = user_features(features.shopping_days[order] + rest, known, total, age)
        user[: len(order), :USER_FEATURES] = purchase_features
        if self.shape.time:
            user[: len(order), USER_FEATURES:] = time_features(features.day[order] + rest)
        weight = np.zeros(row_count, np.float32)
        weight[: len(order)] = np.where(rest, REST_WEIGHT, 1.0)
        return EpochExamples(
            history=history,
            weights=weights,
            revealed=RaggedArray.from_rows(revealed_rows, revealed_products, row_count),
            targets=RaggedArray.from_rows(rows[is_target], products[is_target], row_count),
            user=user,
            weight=weight,
        )

    def _histories(
        self,
        order: npt.NDArray[np.int64],
        revealed_rows: npt.NDArray[np.int64],
        revealed: npt.NDArray[np.int32],
        ordered: bool,
    ) -> tuple[RaggedArray, npt.NDArray[np.float32], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Histories with what was revealed, their weights, and for each row the products and purchases
        known."""
        features, example_count = self.features, len(order)
        positions, known_rows = features.known_products(order)
        rows = np.concatenate([known_rows, revealed_rows])
        products = np.concatenate([features.products[positions], revealed])
        decayed = np.concatenate([features.decayed[positions], np.full(len(revealed), features.day_old)])
        newest = np.concatenate(
            [features.newest[positions], features.day[order][revealed_rows].astype(np.int32)]
        )
        # A product that was known and is revealed too is one product; the known part comes first, as
        # features_at adds.
        by_product = np.argsort(rows * (1 + int(products.max(initial=0))) + products, kind="stable")
        rows, products, decayed, newest = (values[by_product] for values in (rows, products, decayed, newest))
        starts = np.flatnonzero(np.append(True, (np.diff(rows) != 0) | (np.diff(products) != 0))[: len(rows)])
        if len(starts):
            decayed, newest = np.add.reduceat(decayed, starts), np.maximum.reduceat(newest, starts)
        rows, products = rows[starts], products[starts]
        known = np.bincount(rows, minlength=example_count)
        # Sorting all of it would be half of the work of an epoch's draw; what is too long must be.
        sort = np.ones(len(rows), np.bool_) if ordered else (known > self.shape.length)[rows]
        best = np.arange(len(rows))
        to_sort = np.flatnonzero(sort)
        keys = (products, -newest, -decayed, rows)
        best[to_sort] = to_sort[np.lexsort([key[to_sort] for key in keys])]
        places = np.arange(len(best)) - np.repeat(np.cumsum(known) - known, known)
        selected = best[places < self.shape.length]
        total = features.purchases[order] + np.bincount(revealed_rows, minlength=example_count)
        lists = RaggedArray.from_rows(rows[selected], products[selected], self.steps * self.shape.batch)
        return lists, decayed[selected].astype(np.float32), known, total
