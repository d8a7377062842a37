"""What the model learns from: a customer at the start of a shopping day, and what was bought that day.

Two kinds of examples, made from every basket:

- *next basket* (from the second one on): the history before the day, the whole basket to predict;
- *rest of the basket*: half of the basket is revealed, drawn anew in every epoch, and the other half is to
  predict; what was revealed is not a candidate. A log of one month, in which most customers come once,
  teaches what goes together by this kind alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from training.features.baskets import Histories
from training.features.epoch_examples import EpochExamples, RaggedArray
from training.features.example_features import ExampleFeatures, count_example_features, ranges
from training.features.history import USER_FEATURES, time_features, user_features, user_width

TARGETS = 64
"""Products of a basket that are learned from at a time; larger baskets are sampled, anew in every epoch."""

REST_WEIGHT = 0.3
"""Weight of a rest of the basket: there are more of these, and the next basket is what is asked for."""

GOLDEN = 0.6180339887498949
"""Its multiples lie as evenly between whole numbers as any."""


class Source(Protocol):
    """What ``training.features.shards.Shards`` tells of purchases."""

    @property
    def examples(self) -> npt.NDArray[np.int64]:
        """Examples by shard and part."""

    def histories(self, shards: Sequence[int], part: int | None = None) -> Histories:
        """The purchases of some shards, of all parts or one."""


@dataclass(frozen=True)
class Shape:
    """Shapes of the examples: history length H, half life in days, examples in a step (a few more or less),
    and whether the user features tell the time."""

    length: int
    half_life_days: float
    batch: int
    time: bool = False


class Examples:
    """All examples of some shards of purchases, or a worker's share of them.

    An epoch goes through the parts of the customers in an order of chance, and through a part's examples in
    steps. Each step takes of every shard the same share of its examples, in an order that is drawn of seed,
    epoch, part and shard: which examples make a step, and what of them is shown, is the same however many
    workers share the shards. The histories are those of ``features_at`` to the last bit.

    Args:
        source: the shards.
        shape: of the examples.
        seed: of all that is drawn.
        popularity: int64 [products + 1], baskets with each product.
        own: the shards of this worker; all of them if not told otherwise.
    """

    def __init__(
        self,
        source: Source,
        shape: Shape,
        seed: int,
        popularity: npt.NDArray[np.int64],
        own: Sequence[int] | None = None,
    ) -> None:
        self.shape, self.seed, self.popularity = shape, seed, popularity
        self._source = source
        self._own = np.arange(len(source.examples)) if own is None else np.array(own, np.int64)
        self._steps = -(-source.examples.sum(0) // shape.batch)
        self._held: ExampleFeatures | None = None

    def __len__(self) -> int:
        """Examples of an epoch, over all workers."""
        return int(self._source.examples.sum())

    @property
    def steps(self) -> int:
        """Steps in one epoch."""
        return int(self._steps.sum())

    def steps_of(self, part: int) -> int:
        """Steps of a part."""
        return int(self._steps[part])

    def of_worker(self, index: int, workers: int) -> Examples:
        """The share of one of some workers: every ``workers``-th shard."""
        own = range(index, len(self._source.examples), workers)
        return Examples(self._source, self.shape, self.seed, self.popularity, own)

    def place(self, epoch: int, step: int) -> tuple[int, int]:
        """The part that a step of an epoch is in, and its number there."""
        parts = np.random.default_rng([self.seed, epoch]).permutation(len(self._steps))
        ends = np.cumsum(self._steps[parts])
        turn = int(np.searchsorted(ends, step, side="right"))
        return int(parts[turn]), step - int(ends[turn] - self._steps[parts[turn]])

    @cached_property
    def most_rows(self) -> int:
        """The most examples that this worker has in a step."""
        return max(
            1, *(int(np.bincount(self._step_of(part)).max(initial=0)) for part in range(len(self._steps)))
        )

    def features(self, part: int) -> ExampleFeatures:
        """What is known of each example of a part before anything is drawn."""
        if self._held is not None:
            return self._held
        alone = len(self._steps) == 1
        histories = self._source.histories(self._own.tolist(), None if alone else part)
        features = count_example_features(histories, self.shape.half_life_days)
        if alone:
            self._held = features
        return features

    def _step_of(self, part: int) -> npt.NDArray[np.int64]:
        """The steps of this worker's examples of a part, shard by shard in the order that is drawn."""
        counts, steps = self._source.examples[self._own, part], int(self._steps[part])
        # Shards of few examples begin at steps of their own, so that no step gets the first of all of them.
        places, shards = ranges(np.zeros(len(counts), np.int64), counts)
        begun = places + (self._own * GOLDEN % 1)[shards]
        found: npt.NDArray[np.int64] = np.floor(begun * (steps / counts[shards])).astype(np.int64)
        return np.minimum(found, steps - 1)

    def draw(self, epoch: int, part: int = 0, ordered: bool = True) -> EpochExamples:
        """The examples of a part of an epoch.

        Histories hold the products with most weight first, or by number when they need not be ``ordered``.
        """
        features, length = self.features(part), self.shape.length
        in_shard = np.append(np.searchsorted(features.shard, self._own), len(features.shard))
        chance, shuffle = np.zeros(len(features.shard)), np.zeros(len(features.baskets))
        for number, shard in enumerate(self._own.tolist()):
            some = slice(*in_shard[number : number + 2])
            entries = slice(*features.basket_splits[[some.start, some.stop]])
            random = np.random.default_rng([self.seed, epoch, part, shard])
            chance[some] = random.random(some.stop - some.start)
            shuffle[entries] = random.random(entries.stop - entries.start)
        steps = self._step_of(part)
        order = np.lexsort((chance, features.shard))[np.argsort(steps, kind="stable")]
        positions, rows = features.basket_products(order)
        products = features.baskets[positions]
        products = products[sorted_by(rows << 32 | (shuffle[positions] * 2.0**32).astype(np.int64))]
        sizes = np.bincount(rows, minlength=len(order))
        places = np.arange(len(products)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        rest = features.rest[order]
        revealed_count = np.where(rest, (sizes + 1) // 2, 0)
        is_revealed = places < np.minimum(revealed_count, length)[rows]
        target_places = places - revealed_count[rows]
        is_target = (target_places >= 0) & (target_places < TARGETS)
        row_count = len(order) + 1
        revealed = np.argsort(rows[is_revealed] * (1 + int(products.max(initial=0))) + products[is_revealed])
        revealed_rows, revealed_products = rows[is_revealed][revealed], products[is_revealed][revealed]
        history, weights, known, total = _histories(
            features, order, revealed_rows, revealed_products, length, ordered
        )
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
            splits=np.append(0, np.cumsum(np.bincount(steps, minlength=int(self._steps[part])))),
            chance=np.append(chance[order], 0.0),
            popularity=self.popularity,
        )


def sorted_by(*keys: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Places by some keys, the first one first, stable: ``numpy.lexsort``, whose sorts take five times as
    long."""
    places = np.arange(len(keys[0]))
    for key in reversed(keys):
        places = places[np.argsort(key[places], kind="stable")]
    return places


def _histories(
    features: ExampleFeatures,
    order: npt.NDArray[np.int64],
    revealed_rows: npt.NDArray[np.int64],
    revealed: npt.NDArray[np.int32],
    length: int,
    ordered: bool,
) -> tuple[RaggedArray, npt.NDArray[np.float32], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Histories with what was revealed, their weights, and for each row the products and purchases
    known."""
    example_count = len(order)
    positions, rows = features.known_products(order)
    products, decayed = features.products[positions], features.decayed[positions]
    newest = features.newest[positions]
    width = 1 + max(int(part.max(initial=0)) for part in (products, revealed))
    # Both are by row and product. What is known and revealed too is one product; the rest goes in between.
    keys, revealed_keys = rows * width + products, revealed_rows * width + revealed
    places = np.searchsorted(keys, revealed_keys)
    twice = np.append(keys, -1)[places] == revealed_keys
    revealed_days = features.day[order][revealed_rows].astype(np.int32)
    decayed[places[twice]] += features.day_old
    newest[places[twice]] = np.maximum(newest[places[twice]], revealed_days[twice])
    once = ~twice
    of_revealed = places[once] + np.arange(np.count_nonzero(once))
    of_known = np.ones(len(keys) + len(of_revealed), np.bool_)
    of_known[of_revealed] = False

    def merged(of: npt.NDArray[Any], added: npt.NDArray[Any] | float) -> npt.NDArray[Any]:
        both = np.empty(len(of_known), of.dtype)
        both[of_known], both[of_revealed] = of, added
        return both

    rows, products = merged(rows, revealed_rows[once]), merged(products, revealed[once])
    decayed, newest = merged(decayed, features.day_old), merged(newest, revealed_days[once])
    known = np.bincount(rows, minlength=example_count)
    # Sorting all of it would be half of the work of an epoch's draw; what is too long must be.
    best = np.arange(len(rows))
    to_sort = best if ordered else np.flatnonzero((known > length)[rows])
    best[to_sort] = to_sort[sorted_by(rows[to_sort], -decayed[to_sort], -newest[to_sort])]
    places = np.arange(len(best)) - np.repeat(np.cumsum(known) - known, known)
    selected = best[places < length]
    total = features.purchases[order] + np.bincount(revealed_rows, minlength=example_count)
    lists = RaggedArray.from_rows(rows[selected], products[selected], example_count + 1)
    return lists, decayed[selected].astype(np.float32), known, total
