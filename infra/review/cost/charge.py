"""One thing that a resource is charged for: a price, and how many of its units a month has."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from infra.review.cost.price import NoPrice, Price

Purpose = Literal["training", "serving", "network", "storage", "platform"]

HOURS: Final = Decimal(730)
"""Of a month: a twelfth of 8,760, as the clouds' own calculators reckon."""


@dataclass(frozen=True)
class Range:
    """The least, the likely and the most."""

    low: Decimal
    expected: Decimal
    high: Decimal

    @classmethod
    def of(cls, amount: float | int | Decimal) -> Range:
        """An amount that does not move."""
        exact = Decimal(str(amount))
        return cls(exact, exact, exact)

    def __add__(self, other: Range) -> Range:
        return Range(self.low + other.low, self.expected + other.expected, self.high + other.high)

    def __mul__(self, factor: Decimal | int) -> Range:
        return Range(self.low * factor, self.expected * factor, self.high * factor)


NOTHING: Final = Range.of(0)


@dataclass(frozen=True)
class Charge:
    """One thing that a resource is charged for."""

    what: str
    price: Price | NoPrice
    units: Range
    """Of the price's unit, in a month."""
    purpose: Purpose | None = None
    """Where it is another than that of the resource's type."""
