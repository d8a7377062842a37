"""How much of a log may be left out before it is refused: another format, or a broken file, is no dirt."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from isthmus.settings.annotations import Allowed, Unit
from isthmus.settings.section import Section

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False), Allowed("a share of the rows, from 0 to 1")]


class DayLimits(Section):
    """Shares of the rows of one day that may be left out, by reason.

    The defaults leave room above what 241 days of a real shop have at most: missing customers 0.87, zero
    prices 0.22, cancellations 0.09, duplicates 0.06, returns and same-day cancellations 0.04, no products
    0.01, unreadable and malformed rows 0.
    """

    malformed: Share = 0.2
    """Lines that are no row: too many or too few cells, an open quote, an invalid byte."""
    unreadable: Share = 0.2
    """Rows whose quantity, price or time cannot be read, or whose time is not on the day of the file."""
    duplicates: Share = 0.5
    """Rows equal to an earlier one."""
    cancellations: Share = 0.5
    """Rows of cancellations."""
    not_products: Share = 0.5
    """Rows whose code is of no product."""
    returns: Share = 0.5
    """Rows without a positive quantity."""
    zero_prices: Share = 0.5
    """Rows without a positive price."""
    missing_customers: Share = 0.95
    """Rows without a customer."""
    cancelled_same_day: Share = 0.5
    """Purchases that were cancelled on the day."""


class AllLimits(DayLimits):
    """Shares of the rows of all days together that may be left out, by reason.

    The real shop has 0.26, 0.02, 0.01 and less of each.
    """

    malformed: Share = 0.05
    """Lines that are no row."""
    unreadable: Share = 0.05
    """Rows that cannot be read."""
    duplicates: Share = 0.2
    """Rows equal to an earlier one of their day."""
    cancellations: Share = 0.3
    """Rows of cancellations."""
    not_products: Share = 0.3
    """Rows whose code is of no product."""
    returns: Share = 0.2
    """Rows without a positive quantity."""
    zero_prices: Share = 0.2
    """Rows without a positive price."""
    missing_customers: Share = 0.7
    """Rows without a customer."""
    cancelled_same_day: Share = 0.2
    """Purchases that were cancelled on their day."""


class Limits(Section):
    """Limits beyond which orders are refused; what was sent before stays."""

    day: DayLimits = DayLimits()
    """Limits of one day."""
    all: AllLimits = AllLimits()
    """Limits of all days that are read together."""
    spare_rows: Annotated[int, Unit("rows"), Field(ge=0, le=1_000_000)] = 10
    """So many rows may be left out for a reason whatever their share, while they are not half of all."""
    fewer: Share = 0.2
    """Share of the rows of a batch that its replacement may lack."""
