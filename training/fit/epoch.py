"""What is known when an epoch has ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Epoch:
    """One full pass over the examples.

    ``number`` counts from 1; ``loss`` is the mean of the epoch; ``examples`` and ``seconds`` are of the steps
    that this process did (a resumed epoch has fewer); ``model`` is the model as it is now; ``worker_seconds``
    are each worker's own mean seconds of a step, without waiting for the others.
    """

    number: int
    loss: float
    examples: int
    seconds: float
    model: Any
    worker_seconds: tuple[float, ...] = ()

    @property
    def examples_per_second(self) -> float:
        """Examples trained on in a second, all workers together."""
        return self.examples / self.seconds if self.seconds > 0 else 0.0


AfterEpoch = Callable[[Epoch], None]
"""Called before the epoch's checkpoint is saved: what it raises ends the training without one."""
