"""What a fault cost, by every try of every question that was asked meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Tries = Sequence[tuple[float, bool]]
"""Of one question: when each began, and whether it was answered rightly."""


@dataclass(frozen=True)
class Outage:
    """``recovered`` are the seconds from the fault to the first try after which none failed."""

    asked: int
    failed_first: int
    """Questions whose first try was not answered."""
    lost: int
    """Questions that were not answered at all."""
    recovered: float

    def __str__(self) -> str:
        return (
            f"{self.recovered:.1f} s to recover, "
            f"{self.failed_first} of {self.asked} questions failed at first, "
            f"{self.lost} lost"
        )


def outage(questions: Sequence[Tries], fault: float) -> Outage:
    """Count it; ``fault`` is on the clock of the tries."""
    begun = sorted((at, right) for tries in questions for at, right in tries)
    last_failed = max((at for at, right in begun if not right), default=None)
    recovered = 0.0
    if last_failed is not None:
        after = [at for at, right in begun if right and at > last_failed]
        recovered = (after[0] if after else float("inf")) - fault
    return Outage(
        asked=len(questions),
        failed_first=sum(not tries[0][1] for tries in questions),
        lost=sum(not any(right for _, right in tries) for tries in questions),
        recovered=max(0.0, recovered),
    )


__all__ = ["Outage", "Tries", "outage"]
