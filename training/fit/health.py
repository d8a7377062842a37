"""Whether a run is well: losses that are numbers, and workers that keep up with each other."""

from __future__ import annotations

import logging
import math
import statistics
import time
from collections.abc import Callable, Sequence

from isthmus.errors import IsthmusError
from training.errors import TrainingError

logger = logging.getLogger(__name__)


class NotANumber(IsthmusError):
    """The loss or the gradients of a step are no number; ``at`` counts the run's steps from 1."""

    def __init__(self, at: int, what: str) -> None:
        super().__init__(f"the {what} of step {at} is no number")
        self.at = at


class Straggling(IsthmusError):
    """This worker is much slower than the others, again and again; the checkpoint is saved."""


class Health:
    """Judges a run by the statistics of its steps.

    Args:
        me: this worker's place among the workers.
        ratio: a worker that takes so many times the median of the others is slow; 0 never.
        epochs: after so many slow epochs in a row the slow worker leaves; 0 never.
        clock: seconds since 1970, as the step function reads them.
    """

    def __init__(
        self,
        me: int = 0,
        ratio: float = 0.0,
        epochs: int = 0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._me, self._ratio, self._epochs, self._clock = me, ratio, epochs, clock
        self._seconds: list[float] = []
        self._steps = self._slow = 0
        self.began = clock()

    def step(self, stats: Sequence[float], at: int) -> float:
        """Take the statistics of step ``at`` (``training.fit.step_stats``); returns the step's loss.

        Raises:
            NotANumber: when the loss or the gradients are none. All workers see the same, so all raise.
        """
        loss, size, *seconds = (float(value) for value in stats)
        self.began = self._clock()
        for what, value in (("loss", loss), ("gradient", size)):
            if not math.isfinite(value):
                raise NotANumber(at, what)
        self._steps += 1
        totals = self._seconds or [0.0] * len(seconds)
        self._seconds = [total + value for total, value in zip(totals, seconds, strict=True)]
        return loss

    def epoch(self) -> tuple[float, ...]:
        """End an epoch; each worker's own mean seconds of a step, () when no step was done.

        Names the workers that are slow.
        """
        if not self._steps:
            return ()
        means = tuple(total / self._steps for total in self._seconds)
        slow = stragglers(means, self._ratio)
        for index, times in slow.items():
            logger.info(
                f"worker {index} is slow: {means[index]:.3f} s of its own for a step, "
                f"{times:.1f} times the median of the others"
            )
        self._slow = self._slow + 1 if self._me in slow else 0
        self._seconds, self._steps = [], 0
        return means

    @property
    def leaves(self) -> bool:
        """Whether this worker has been slow for so many epochs that it should run elsewhere."""
        return 0 < self._epochs <= self._slow


def stragglers(seconds: Sequence[float], ratio: float) -> dict[int, float]:
    """The workers that take at least ``ratio`` times the median of the others, with how many times."""
    slow = {}
    for index, own in enumerate(seconds):
        others = [other for number, other in enumerate(seconds) if number != index]
        if ratio > 0 and others and own >= ratio * (median := statistics.median(others)) > 0:
            slow[index] = own / median
    return slow


def beyond_repair(error: NotANumber, batch_digest: str, rate: float) -> TrainingError:
    """The error of a run whose loss is no number at half the learning rate either."""
    return TrainingError(
        f"{error}, also after going back to the last checkpoint with half the learning rate ({rate:g}); "
        f"the batch of the step has the SHA-256 {batch_digest[:16]}...; look at its orders, "
        "or lower training.learning_rate"
    )
