"""What of a day's rows is a purchase of a product by a known customer; the rest is counted by reason.

The protocol, in this order; a row is counted under the first reason that fits:

1. ``unreadable``: quantity, price or time does not parse, or the time is not on the file's day;
2. ``duplicates``: equal in every column to an earlier row of the day;
3. ``cancellations``: the invoice number starts with C;
4. ``not_products``: the stock code is not five digits followed by letters (POST, M, D, DOT, BANK CHARGES,
   gift vouchers, samples, fees, ...);
5. ``returns``: the quantity is not positive (returns, write-offs);
6. ``zero_prices``: the unit price is not positive (gifts, stock adjustments);
7. ``missing_customers``: no customer;
8. ``cancelled_same_day``: the purchase was cancelled the same day by the same customer, for the same product
   and at least the same quantity in all (mistyped orders, such as 74,215 pieces taken back in a quarter of
   an hour).

Reasons 1 to 7 come from a pandera schema (``training.orders.schema``). Rejected rows are kept aside as they
were read; they hold what the source holds, so they must never leave the private site.

A later return leaves the purchase in: the customer did buy, and a day's batch must not depend on later days.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date

import pandas as pd

from training.orders.schema import CHECKED, PRODUCT_CODE, first_reasons, typed

REASONS = (*CHECKED, "cancelled_same_day")


@dataclass(frozen=True)
class CleanDay:
    """Purchases of one day.

    Attributes:
        day: the trading day.
        purchases: columns invoice, customer, stock_code, description (str), quantity (int32, pieces),
            price (float64, GBP a piece), at (datetime64[s], local time); sorted by time, invoice, code.
        counts: rows ``read``, rows ``kept``, and rows left out by each of REASONS.
        rejects: the rows left out, as read (COLUMNS, text), in the order of the file, with their ``reason``.
    """

    day: date
    purchases: pd.DataFrame
    counts: Counter[str]
    rejects: pd.DataFrame


def clean(day: date, rows: pd.DataFrame) -> CleanDay:
    """Clean the rows of one day (columns of ``training.orders.source.COLUMNS``, all text)."""
    counts = Counter({reason: 0 for reason in REASONS})
    counts["read"] = len(rows)
    rows = rows.reset_index(drop=True)
    table = typed(rows.apply(lambda column: column.str.strip()), day)
    reasons = first_reasons(table)
    # What is readable and negative of an invoice C takes back, even where the line is also a duplicate.
    cancellations = table[
        reasons.ne("unreadable") & table["invoice"].str.startswith("C") & table["quantity"].lt(0)
    ]
    kept = table[reasons == ""].drop(columns="repeated")
    taken_back = _cancelled_same_day(kept, cancellations)
    reasons[taken_back[taken_back].index] = "cancelled_same_day"
    counts.update(Counter(reason for reason in reasons.tolist() if reason))
    kept = kept[~taken_back]
    kept = kept.astype({"quantity": "int32", "price": "float64", "at": "datetime64[s]"})
    kept = kept.sort_values(["at", "invoice", "stock_code", "quantity"], kind="stable", ignore_index=True)
    counts["kept"] = len(kept)
    left_out = reasons != ""
    rejects = rows[left_out].assign(reason=reasons[left_out]).reset_index(drop=True)
    return CleanDay(day, kept, counts, rejects)


def _cancelled_same_day(kept: pd.DataFrame, cancellations: pd.DataFrame) -> pd.Series:
    """Which purchases the day's cancellations take back, the largest first."""
    left = (-cancellations.groupby(["customer", "stock_code"])["quantity"].sum()).to_dict()
    taken = pd.Series(False, index=kept.index)
    if not left:
        return taken
    largest_first = kept.sort_values("quantity", ascending=False, kind="stable")
    columns = (largest_first[name].tolist() for name in ("customer", "stock_code", "quantity"))
    for label, customer, code, quantity in zip(largest_first.index, *columns, strict=True):
        if left.get((customer, code), 0) >= quantity:
            left[customer, code] -= quantity
            taken.loc[label] = True
    return taken


__all__ = ["PRODUCT_CODE", "REASONS", "CleanDay", "clean"]
