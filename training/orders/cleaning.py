"""What of a day's rows is a purchase of a product by a known customer; the rest is counted by reason.

The protocol, in this order; a row is counted under the first reason that fits:

1. ``malformed``: a line that is no row: cells too few or too many, a quote that does not close, an invalid
   byte;
2. ``unreadable``: quantity, price or time does not parse, or the time is not on the file's day, or a
   spreadsheet has rounded the customer or the invoice (1.2345E+04);
3. ``duplicates``: equal in every column to an earlier row of the day;
4. ``cancellations``: the invoice number starts with C;
5. ``not_products``: the code does not match ``product_code``, by default five digits and letters (POST,
   M, D, DOT, BANK CHARGES, gift vouchers, samples, fees, ...);
6. ``returns``: the quantity is not positive (returns, write-offs);
7. ``zero_prices``: the unit price is not positive (gifts, stock adjustments);
8. ``missing_customers``: no customer, or a word for none (nan, NULL, 0, ...);
9. ``cancelled_same_day``: the purchase was cancelled the same day by the same customer, for the same product
   and at least the same quantity in all (mistyped orders, such as 74,215 pieces taken back in a quarter of
   an hour).

How a shop writes dates, numbers, codes, cancellations and missing customers is told by the section ``orders``
(``training.orders.format``). Reasons 2 to 8 come from a pandera schema (``training.orders.schema``). Rejected
rows are kept aside as they were read, with the number of their line; they hold what the source holds, so
they must never leave the private site. Every line of the file is accounted for: those that hold nothing are
counted as ``blank_lines``, those of a row after its first (a line break in a quoted cell) as
``continued_lines``.

A later return leaves the purchase in: the customer did buy, and a day's batch must not depend on later days.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date

import pandas as pd

from training.orders.day_rows import DayRows, NotAccounted, of_frame
from training.orders.format import COLUMNS
from training.orders.schema import CHECKED, PRODUCT_CODE, first_reasons, typed
from training.orders.settings import OrdersSettings

REJECTED = ("malformed", *CHECKED, "cancelled_same_day")
"""Reasons for which a row is left out."""
EMPTY = ("blank_lines", "continued_lines")
"""Lines that are no row of their own, and no loss."""
REASONS = (*REJECTED, *EMPTY)
REJECT_COLUMNS = (*COLUMNS, "reason", "line", "text", "fault")


@dataclass(frozen=True)
class CleanDay:
    """Purchases of one day.

    Attributes:
        day: the trading day.
        purchases: columns invoice, customer, stock_code, description (str), quantity (int32, pieces),
            price (float64, of the shop's currency a piece), at (datetime64[s], local time); sorted by time,
            invoice, code.
        counts: lines ``read`` after the header, rows ``kept``, and lines left out by each of REASONS; what is
            read is what is kept and what is left out.
        rejects: the rows left out, as read (COLUMNS, text), in the order of the file, with their ``reason``
            and ``line``; of a malformed line all cells are "", and ``text`` and ``fault`` tell it.
        source: all that was read of the day.
    """

    day: date
    purchases: pd.DataFrame
    counts: Counter[str]
    rejects: pd.DataFrame
    source: DayRows


def clean(day: date, rows: pd.DataFrame | DayRows, settings: OrdersSettings | None = None) -> CleanDay:
    """Clean the rows of one day.

    Args:
        day: of the file.
        rows: what was read of it; or a table of text with the columns COLUMNS.
        settings: how the shop writes its log; None for the defaults.

    Raises:
        NotAccounted: a line is neither kept nor counted, which is a fault of this code.
    """
    form = settings or OrdersSettings()
    source = rows if isinstance(rows, DayRows) else of_frame(day, rows)
    counts = Counter({reason: 0 for reason in REASONS})
    counts.update(read=source.total, malformed=len(source.malformed))
    counts.update(blank_lines=source.blank, continued_lines=source.continued)
    text = source.rows
    table = typed(text.apply(lambda column: column.str.strip()), day, form)
    reasons = first_reasons(table, form)
    # What is readable and negative of an invoice C takes back, even where the line is also a duplicate.
    cancellations = table[reasons.ne("unreadable") & table["cancelled"] & table["quantity"].lt(0)]
    purchases = table[reasons == ""].drop(columns=["repeated", "ruined", "cancelled"])
    taken_back = _cancelled_same_day(purchases, cancellations)
    reasons[taken_back[taken_back].index] = "cancelled_same_day"
    counts.update(Counter(reason for reason in reasons.tolist() if reason))
    purchases = purchases[~taken_back]
    purchases = purchases.astype({"quantity": "int32", "price": "float64", "at": "datetime64[s]"})
    purchases = purchases.sort_values(
        ["at", "invoice", "stock_code", "quantity"], kind="stable", ignore_index=True
    )
    counts["kept"] = len(purchases)
    accounted = counts["kept"] + sum(counts[reason] for reason in REASONS)
    if accounted != counts["read"]:
        raise NotAccounted(source.where, counts["read"], accounted)
    return CleanDay(day, purchases, counts, _rejects(source, text, reasons), source)


def _rejects(source: DayRows, text: pd.DataFrame, reasons: pd.Series) -> pd.DataFrame:
    """Rows and lines left out, by their line."""
    left_out = reasons != ""
    rows = text[left_out].assign(reason=reasons[left_out], text=None, fault=None)
    rows = rows.assign(line=rows.index)
    if source.malformed:
        lines = pd.DataFrame(
            [
                {
                    **dict.fromkeys(COLUMNS, ""),
                    "reason": "malformed",
                    "line": line.line,
                    "text": line.text,
                    "fault": line.fault,
                }
                for line in source.malformed
            ]
        )
        rows = pd.concat([rows, lines]).sort_values("line", kind="stable") if len(rows) else lines
    return rows[list(REJECT_COLUMNS)].reset_index(drop=True)


def _cancelled_same_day(purchases: pd.DataFrame, cancellations: pd.DataFrame) -> pd.Series:
    """Which purchases the day's cancellations take back, the largest first."""
    left = (-cancellations.groupby(["customer", "stock_code"])["quantity"].sum()).to_dict()
    taken = pd.Series(False, index=purchases.index)
    if not left:
        return taken
    largest_first = purchases.sort_values("quantity", ascending=False, kind="stable")
    columns = (largest_first[name].tolist() for name in ("customer", "stock_code", "quantity"))
    for label, customer, code, quantity in zip(largest_first.index, *columns, strict=True):
        if left.get((customer, code), 0) >= quantity:
            left[customer, code] -= quantity
            taken.loc[label] = True
    return taken


__all__ = ["EMPTY", "PRODUCT_CODE", "REASONS", "REJECTED", "REJECT_COLUMNS", "CleanDay", "clean"]
