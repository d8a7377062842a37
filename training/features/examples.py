"""What the model learns from: a customer at the start of a shopping day, and what was bought that day.

Two kinds of examples, made from every basket:

- *next basket* (from the second one on): the history before the day, the whole basket to predict;
- *rest of the basket*: half of the basket is told too, drawn anew in every epoch, and the other half is to
  predict; what was told is not a candidate. A log of one month, in which most customers come once, teaches
  what goes together by this kind alone.
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
from training.features.example_features import ExampleFeatures, facts_of
from training.features.feature_cache import FeatureCache
from training.features.history import USER_FEATURES, time_features, user_features, user_width

TARGETS = 64
"""Products of a basket that are learned from at a time; larger baskets are sampled, anew in every epoch."""

REST_WEIGHT = 0.3
"""Of an example of the second kind: there are more of them, and the next basket is what is asked for."""

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
    from epoch to epoch is counted once; an epoch draws its order and what is told, and adds that up over all
    rows at a time: the histories are those of ``features_at`` to the last bit. ``kept`` keeps what is
    counted for other runs; None for nowhere.
    """

    def __init__(self, baskets: Baskets, shape: Shape, seed: int, kept: FeatureCache | None = None) -> None:
        self.shape, self.seed, self._kept = shape, seed, kept
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
    def facts(self) -> ExampleFeatures:
        """What is known of each example before anything is drawn."""

        def counted() -> ExampleFeatures:
            return facts_of(self._days, self.shape.half_life_days)

        if self._kept is None:
            return counted()
        # These cut or add to what is drawn later; whatever else the shape tells may decide a fact.
        decides = {
            name: one for name, one in vars(self.shape).items() if name not in ("length", "batch", "time")
        }
        return self._kept.facts(decides, counted)

    def arrays(self, epoch: int) -> dict[str, npt.NDArray[np.generic]]:
        """The examples of one epoch, [steps * batch, ...].

        ``history`` int32 [H], ``weights`` float32 [H], ``user`` float32 [U]: the model's inputs;
        ``told`` int32 [H] and ``targets`` int32 [TARGETS], padded with 0; ``weight`` float32 [].
        """
        return self.draw(epoch).padded(self.shape.length, TARGETS)

    def draw(self, epoch: int, ordered: bool = True) -> EpochExamples:
        """The examples of one epoch; rows of weight 0 fill up the last step.

        Histories hold the products with most weight first, or by number when they need not be ``ordered``.
        """
        random = np.random.default_rng([self.seed, epoch])
        facts, length = self.facts, self.shape.length
        order = random.permutation(len(self._days))
        place, rows = facts.bought(order)
        items = facts.baskets[place]
        sizes = np.bincount(rows, minlength=len(order))
        ends = np.cumsum(sizes)
        for begin, end in zip((ends - sizes).tolist(), ends.tolist(), strict=True):
            random.shuffle(items[begin:end])
        places = np.arange(len(items)) - np.repeat(ends - sizes, sizes)
        rest = facts.rest[order]
        half = np.where(rest, (sizes + 1) // 2, 0)
        is_told = places < np.minimum(half, length)[rows]
        after = places - half[rows]
        is_target = (after >= 0) & (after < TARGETS)
        count = self.steps * self.shape.batch
        told = np.argsort(rows[is_told] * (1 + int(items.max(initial=0))) + items[is_told])
        told_rows, told_items = rows[is_told][told], items[is_told][told]
        history, weights, known, total = self._histories(order, told_rows, told_items, ordered)
        user = np.zeros((count, user_width(self.shape.time)), np.float32)
        age = np.where(rest, 1, facts.day[order] - facts.last[order])
        told_of = user_features(facts.shopping_days[order] + rest, known, total, age)
        user[: len(order), :USER_FEATURES] = told_of
        if self.shape.time:
            user[: len(order), USER_FEATURES:] = time_features(facts.day[order] + rest)
        weight = np.zeros(count, np.float32)
        weight[: len(order)] = np.where(rest, REST_WEIGHT, 1.0)
        return EpochExamples(
            history=history,
            weights=weights,
            told=RaggedArray.of(told_rows, told_items, count),
            targets=RaggedArray.of(rows[is_target], items[is_target], count),
            user=user,
            weight=weight,
        )

    def _histories(
        self,
        order: npt.NDArray[np.int64],
        told_rows: npt.NDArray[np.int64],
        told: npt.NDArray[np.int32],
        ordered: bool,
    ) -> tuple[RaggedArray, npt.NDArray[np.float32], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """History with what was told, its weights, and for each row the products and the purchases known."""
        facts, count = self.facts, len(order)
        place, known_rows = facts.of(order)
        rows = np.concatenate([known_rows, told_rows])
        items = np.concatenate([facts.items[place], told])
        decayed = np.concatenate([facts.decayed[place], np.full(len(told), facts.day_old)])
        newest = np.concatenate([facts.newest[place], facts.day[order][told_rows].astype(np.int32)])
        # What was known and is told again is one product; the known part comes first, as features_at adds.
        by_item = np.argsort(rows * (1 + int(items.max(initial=0))) + items, kind="stable")
        rows, items, decayed, newest = rows[by_item], items[by_item], decayed[by_item], newest[by_item]
        begins = np.flatnonzero(np.append(True, (np.diff(rows) != 0) | (np.diff(items) != 0))[: len(rows)])
        if len(begins):
            decayed, newest = np.add.reduceat(decayed, begins), np.maximum.reduceat(newest, begins)
        rows, items = rows[begins], items[begins]
        known = np.bincount(rows, minlength=count)
        # Sorting all of it would be half of the work of an epoch's draw; what is too long must be.
        sort = np.ones(len(rows), np.bool_) if ordered else (known > self.shape.length)[rows]
        best = np.arange(len(rows))
        of = np.flatnonzero(sort)
        best[of] = of[np.lexsort((items[of], -newest[of], -decayed[of], rows[of]))]
        kept = best[np.arange(len(best)) - np.repeat(np.cumsum(known) - known, known) < self.shape.length]
        total = facts.purchases[order] + np.bincount(told_rows, minlength=count)
        lists = RaggedArray.of(rows[kept], items[kept], self.steps * self.shape.batch)
        return lists, decayed[kept].astype(np.float32), known, total
