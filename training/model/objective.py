"""How a step's examples reach the model, and the loss that comes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import keras
import numpy.typing as npt
import tensorflow as tf

from training.features.epoch_examples import EpochExamples

Epoch = Mapping[str, Any]
"""A worker's examples of a part of an epoch as tensors, put on the device once."""

INPUTS = ("history", "weights", "user")


@dataclass(frozen=True)
class StepShape:
    """How a step is cut: some ``batch`` examples over all workers, at most ``rows`` of them at a time."""

    batch: int
    rows: int


class Objective(Protocol):
    """Examples in, loss out."""

    ordered: bool
    """Whether it needs the histories in order."""

    variables: list[keras.Variable]
    """What it learns."""

    def arrays(self, examples: EpochExamples, drawn_by: Sequence[int], /) -> dict[str, npt.NDArray[Any]]:
        """What a part of an epoch puts on the device; ``drawn_by`` seeds what is the same for all workers."""

    def loss(self, epoch: Epoch, step: Any, first: Any, last: Any) -> Any:
        """The sum of the losses of a step's rows from ``first`` up to ``last`` (all int32 [])."""


def rows_of(epoch: Epoch, names: tuple[str, ...], first: Any, last: Any, rows: int) -> dict[str, Any]:
    """The rows from ``first`` up to ``last`` of some arrays, always ``rows`` of them, as XLA needs to
    know shapes beforehand; surplus rows repeat a row and have ``weight`` 0."""
    positions = first + tf.range(rows)
    clipped = tf.minimum(positions, tf.shape(epoch["weight"])[0] - 1)
    example = {name: tf.gather(epoch[name], clipped) for name in (*names, "weight")}
    example["weight"] *= tf.cast(positions < last, tf.float32)
    return example
