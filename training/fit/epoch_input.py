"""The examples of a run's steps on the device, a part of an epoch at a time; a thread draws the next one."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy.typing as npt
import tensorflow as tf

from training.features.epoch_examples import EpochExamples
from training.features.examples import Examples
from training.model.objective import Objective

Key = tuple[int, int]
"""Epoch and part."""
Drawn = tuple[dict[str, npt.NDArray[Any]], npt.NDArray[Any]]


@dataclass
class EpochInput:
    """The part of an epoch that is trained on, and the one after it.

    Attributes:
        examples: this worker's share.
        objective: says what of them it needs.
        epochs: after which nothing is drawn.
    """

    examples: Examples
    objective: Objective
    epochs: int
    _thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "examples"))
    _drawn: dict[Key, Future[Drawn]] = field(default_factory=dict)
    _now: tuple[Key, Mapping[str, Any], npt.NDArray[Any]] | None = None

    def step(self, epoch: int, step: int) -> tuple[Mapping[str, Any], int, int, int]:
        """The tensors of the part that a step of an epoch is in, its number in the part, its first and last
        row."""
        part, number = self.examples.place(epoch, step)
        if self._now is None or self._now[0] != (epoch, part):
            self._now = None  # before the next one comes to the device
            arrays, splits = self._begin((epoch, part)).result()
            self._drawn.clear()
            if (following := self._next(epoch, step - number)) is not None:
                self._begin(following)
            self._now = (epoch, part), {name: tf.constant(array) for name, array in arrays.items()}, splits
        _, tensors, splits = self._now
        return tensors, number, int(splits[number]), int(splits[number + 1])

    def forget(self) -> None:
        """Draw again what comes next."""
        self._now = None
        self._drawn.clear()

    def _begin(self, key: Key) -> Future[Drawn]:
        if key not in self._drawn:
            self._drawn[key] = self._thread.submit(self.draw, *key)
        return self._drawn[key]

    def _next(self, epoch: int, first_step: int) -> Key | None:
        """The part after the one that begins at a step."""
        part, _ = self.examples.place(epoch, first_step)
        after = first_step + self.examples.steps_of(part)
        if after == self.examples.steps:
            epoch, after = epoch + 1, 0
        return (epoch, self.examples.place(epoch, after)[0]) if epoch < self.epochs else None

    def draw(self, epoch: int, part: int) -> Drawn:
        """What goes to the device, and where the steps begin."""
        drawn: EpochExamples = self.examples.draw(epoch, part, self.objective.ordered)
        return self.objective.arrays(drawn, (self.examples.seed, epoch, part)), drawn.splits
