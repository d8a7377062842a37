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

A later return leaves the purchase in: the customer did buy, and a day's batch must not depend on later days.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

PRODUCT_CODE = r"\d{5}[A-Za-z]*"
REASONS = (
    "unreadable",
    "duplicates",
    "cancellations",
    "not_products",
    "returns",
    "zero_prices",
    "missing_customers",
    "cancelled_same_day",
)
MAX_QUANTITY = 2**31 - 1


@dataclass(frozen=True)
class CleanDay:
    """Purchases of one day.

    Attributes:
        day: the trading day.
        purchases: columns invoice, customer, stock_code, description (str), quantity (int32, pieces),
            price (float64, GBP a piece), at (datetime64[s], local time); sorted by time, invoice, code.
        counts: rows ``read``, rows ``kept``, and rows left out by each of REASONS.
    """

    day: date
    purchases: pd.DataFrame
    counts: Counter[str]


def clean(day: date, rows: pd.DataFrame) -> CleanDay:
    """Clean the rows of one day (columns of ``training.orders.source.COLUMNS``, all text)."""
    counts = Counter({reason: 0 for reason in REASONS})
    counts["read"] = len(rows)
    text = rows.apply(lambda column: column.str.strip())
    table = pd.DataFrame(
        {
            "invoice": text["InvoiceNo"].str.upper(),
            "customer": text["CustomerID"].str.replace(r"\.0$", "", regex=True),
            "stock_code": text["StockCode"],
            "description": text["Description"].str.replace(r"\s+", " ", regex=True),
            "quantity": pd.to_numeric(text["Quantity"], errors="coerce"),
            "price": pd.to_numeric(text["UnitPrice"], errors="coerce"),
            "at": pd.to_datetime(text["InvoiceDate"], errors="coerce", format="%Y-%m-%d %H:%M:%S"),
        }
    )
    readable = (
        table["quantity"].abs().le(MAX_QUANTITY)
        & table["quantity"].mod(1).eq(0)
        & np.isfinite(table["price"])
        & table["at"].dt.strftime("%Y-%m-%d").eq(day.isoformat())
        & table["invoice"].ne("")
    )
    cancellations = table[readable & table["invoice"].str.startswith("C") & table["quantity"].lt(0)]
    first_reason = np.select(
        [
            ~readable,
            text.duplicated(),
            table["invoice"].str.startswith("C"),
            ~table["stock_code"].str.fullmatch(PRODUCT_CODE),
            table["quantity"].le(0),
            table["price"].le(0),
            table["customer"].eq(""),
        ],
        list(REASONS[:-1]),
        default="",
    )
    counts.update(Counter(reason for reason in first_reason.tolist() if reason))
    kept = table[first_reason == ""]
    taken_back = _cancelled_same_day(kept, cancellations)
    counts["cancelled_same_day"] += int(taken_back.sum())
    kept = kept[~taken_back]
    kept = kept.astype({"quantity": "int32", "price": "float64", "at": "datetime64[s]"})
    kept = kept.sort_values(["at", "invoice", "stock_code", "quantity"], kind="stable", ignore_index=True)
    counts["kept"] = len(kept)
    return CleanDay(day, kept, counts)


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
