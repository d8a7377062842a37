"""The rule that chooses one variant of a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from serving.optimise.rows import Measured, Part, Row


class Rule(Part):
    """``the smallest that loses at most 0.5 % of the recall``, or another of this kind."""

    best: Literal["smallest", "fastest"] = "smallest"
    """By bytes, or by the median of a batch of 32."""
    max_loss: Annotated[float, Field(ge=0, le=1)] = 0.005
    """Largest share of the original's recall that may be lost."""
    certain: bool = False
    """Whether the worse end of the loss's interval must hold it, too."""

    def __str__(self) -> str:
        held = ", also by the worse end of the interval" if self.certain else ""
        return f"the {self.best} that loses at most {100 * self.max_loss:g} % of the recall{held}"

    def allows(self, measured: Measured) -> bool:
        """Whether a variant loses little enough."""
        loss = measured.quality.loss_interval[1] if self.certain else measured.quality.loss
        return loss <= self.max_loss

    def choose(self, rows: Sequence[Row]) -> str:
        """The best row that was measured and is allowed; the original, which loses nothing, always is."""
        allowed = [(row, row.measured) for row in rows if row.measured and self.allows(row.measured)]

        def cost(of: tuple[Row, Measured]) -> tuple[float, float]:
            size, median = of[1].bytes, of[1].batch_32.median_ms
            return (size, median) if self.best == "smallest" else (median, size)

        return min(allowed, key=cost)[0].variant
