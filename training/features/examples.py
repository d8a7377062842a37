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
from math import ceil

import numpy as np
import numpy.typing as npt

from training.features.baskets import Baskets, Purchases
from training.features.history import USER_FEATURES, features_at

TARGETS = 64
"""Products of a basket that are learned from at a time; larger baskets are sampled, anew in every epoch."""

REST_WEIGHT = 0.3
"""Of an example of the second kind: there are more of them, and the next basket is what is asked for."""

Arrays = Mapping[str, npt.NDArray[np.generic]]


@dataclass(frozen=True)
class Shape:
    """Shapes of the examples: history length H, half life in days, and examples in a step."""

    length: int
    half_life_days: float
    batch: int


class Examples:
    """All examples of some baskets.

    The same seed and epoch give the same examples in the same order on every worker; ``arrays`` pads the
    last step with examples of weight 0, so that
    each step has ``shape.batch`` of them.
    """

    def __init__(self, baskets: Baskets, shape: Shape, seed: int) -> None:
        self.shape, self.seed = shape, seed
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

    def arrays(self, epoch: int) -> dict[str, npt.NDArray[np.generic]]:
        """The examples of one epoch, [steps * batch, ...].

        ``history`` int32 [H], ``weights`` float32 [H], ``user`` float32 [U]: the model's inputs;
        ``told`` int32 [H] and ``targets`` int32 [TARGETS], padded with 0; ``weight`` float32 [].
        """
        random = np.random.default_rng([self.seed, epoch])
        rows, length = self.steps * self.shape.batch, self.shape.length
        out: dict[str, npt.NDArray[np.generic]] = {
            "history": np.zeros((rows, length), np.int32),
            "weights": np.zeros((rows, length), np.float32),
            "user": np.zeros((rows, USER_FEATURES), np.float32),
            "told": np.zeros((rows, length), np.int32),
            "targets": np.zeros((rows, TARGETS), np.int32),
            "weight": np.zeros(rows, np.float32),
        }
        for row, number in enumerate(random.permutation(len(self._days))):
            purchases, day, rest = self._days[number]
            basket = random.permutation(purchases.on(day))
            known = purchases.before(day)
            at = day
            if rest:
                told, basket = np.split(basket, [(len(basket) + 1) // 2])
                told = np.sort(told[:length])
                out["told"][row, : len(told)] = told
                known = Purchases(
                    np.concatenate([known.items, told]),
                    np.concatenate([known.days, np.full(len(told), day, np.int32)]),
                )
                at = day + 1
            features = features_at(known, at, length, self.shape.half_life_days)
            out["history"][row] = features.history
            out["weights"][row] = features.weights
            out["user"][row] = features.user
            targets = basket[:TARGETS]
            out["targets"][row, : len(targets)] = targets
            out["weight"][row] = REST_WEIGHT if rest else 1.0
        return out
