"""A price with where it was read, and the want of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class Price:
    """What one unit costs."""

    usd: Decimal
    unit: str
    source: str
    date: date | None
    """The day that it is of; None for the owner's own price book, which is of the day of its stack file."""


@dataclass(frozen=True)
class NoPrice:
    """Why something has no price; it is listed with this, and never counted as 0."""

    reason: str
