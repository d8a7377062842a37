"""The rows of a table of variants: measured, or the reason why not."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, model_validator

from serving.optimise.quality import Quality
from serving.optimise.timing import Latency


class Part(BaseModel):
    """Base of all that is recorded: unknown keys are refused, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Measured(Part):
    """What was measured of a variant, beside the original, in one run."""

    bytes: int
    sha256: str
    quality: Quality
    batch_1: Latency
    batch_32: Latency


class Row(Part):
    """One variant."""

    variant: str
    what: str
    measured: Measured | None = None
    unmeasured: str | None = None
    """Why nothing was measured."""

    @model_validator(mode="after")
    def _one_of_both(self) -> Row:
        if (self.measured is None) == (self.unmeasured is None):
            raise ValueError("a variant is measured, or says why it is not")
        return self


class Table(Part):
    """The variants of one model of a release."""

    stage: str
    file: str
    judged_by: str
    """``purchases`` after the release's window, or ``overlap`` with the original's answers."""
    customers: int
    """Whose questions were asked; none of them calibrated."""
    rows: tuple[Row, ...]
    chosen: str
