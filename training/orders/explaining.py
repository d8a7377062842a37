"""One row that is left out, told so that the owner of the log knows what to do."""

from __future__ import annotations

import pandas as pd

from training.orders.day_rows import DayRows
from training.orders.format import COLUMNS, OrdersFormat
from training.orders.proposals import code_pattern, date_formats, number_signs, shape
from training.orders.schema import MAX_QUANTITY, ruined, typed

_LOOKED_AT = 500
"""Rows from which a proposal is made."""
_LONGEST = 60
"""Letters of a value that are shown."""


def explained(source: DayRows, rejects: pd.DataFrame, reason: str, form: OrdersFormat) -> str:
    """The first row of a day that was left out for a reason, in a sentence without its full stop.

    Names of customers and numbers of invoices are not shown, but for those that a spreadsheet has ruined.

    Args:
        source: the day.
        rejects: of ``CleanDay``.
        reason: one of ``REJECTED`` that the day has.
        form: how the shop writes its log.
    """
    found = rejects[rejects["reason"] == reason]
    if reason == "malformed":
        first = source.malformed[0]
        return f"{source.where}, line {first.line} {first.fault}: {_malformed(first.fault, form)}"
    rows = found.head(_LOOKED_AT)
    text = rows[list(COLUMNS)].apply(lambda column: column.str.strip())
    if reason == "unreadable":
        column, place, advice = _unreadable(text, source, form)
    else:
        column, place = _COLUMN[reason], 0
        advice = _advice(reason, text, form)
    value = str(text[column].iloc[place])
    if reason == "cancellations":
        value = shape(value)
    called = form.columns.named()[column] or column
    shown = value if len(value) <= _LONGEST else f"{value[:_LONGEST]}..."
    return f"{source.where}, line {rows['line'].iloc[place]}: {called} is {shown!r}; {advice}"


_COLUMN = {
    "duplicates": "Description",
    "cancellations": "InvoiceNo",
    "not_products": "StockCode",
    "returns": "Quantity",
    "zero_prices": "UnitPrice",
    "missing_customers": "CustomerID",
    "cancelled_same_day": "Quantity",
}


def _malformed(fault: str, form: OrdersFormat) -> str:
    if "byte" in fault:
        return f"the text may be in another encoding than {form.encoding}; set orders.encoding (--encoding)"
    if "NUL" in fault:
        return "the text may be in another encoding; set orders.encoding (--encoding) to utf-16 perhaps"
    if "quote" in fault:
        return "double a quote that belongs to a cell, or set orders.quote (--quote)"
    return "mend the line, or set orders.delimiter (--delimiter) or orders.quote (--quote)"


def _unreadable(text: pd.DataFrame, source: DayRows, form: OrdersFormat) -> tuple[str, int, str]:
    """The column that most rows fail by, the place of the first one, and what to do."""
    table = typed(text, source.day, form)
    pieces = table["quantity"]
    failing = {
        "InvoiceDate": table["at"].isna(),
        "Quantity": ~(pieces.abs().le(MAX_QUANTITY) & pieces.mod(1).eq(0)),
        "UnitPrice": ~table["price"].abs().lt(float("inf")),
        "CustomerID": ruined(table["customer"]),
        "InvoiceNo": ruined(table["invoice"]) | table["invoice"].eq(""),
    }
    column = max(failing, key=lambda name: int(failing[name].sum()))
    rows = text[failing[column]]
    place = text.index.get_loc(rows.index[0])
    assert isinstance(place, int)  # noqa: S101 - the index has each label once
    cells = rows[column]
    if column == "InvoiceDate":
        return column, place, _time(cells, source, form)
    if column in ("CustomerID", "InvoiceNo"):
        if cells.iloc[0] == "":
            return column, place, "a row without an invoice belongs to no basket; give it one"
        return (
            column,
            place,
            ("a spreadsheet has rounded identifiers, and made one of several; export the column as text"),
        )
    proposed = number_signs(cells, form, money=column == "UnitPrice")
    if not proposed:
        return column, place, "this is no number; mend it, or set orders.decimal (--decimal)"
    changes = [
        f"orders.{name} (--{name}) to {sign!r}"
        for name, sign, current in zip(
            ("decimal", "thousands"), proposed[0], (form.decimal, form.thousands), strict=True
        )
        if sign != current and sign is not None
    ]
    remedy = f"set {' and '.join(changes)}" if changes else "pieces must be whole numbers below 2^31"
    return column, place, remedy


def _time(cells: pd.Series, source: DayRows, form: OrdersFormat) -> str:
    current = f"orders.dates, {', '.join(repr(date_format) for date_format in form.dates)},"
    proposed = date_formats(cells, source.day, form)
    if proposed:
        return f"{current} does not read it: set orders.dates (--dates) to {proposed[0]!r}"
    first = cells.head(1)
    if alone := date_formats(first, source.day, form):
        return f"orders.dates (--dates) needs {alone[0]!r} for it, beside another one for the others"
    return (
        f"{current} does not put it on {source.day}, the day that the file is named by: "
        "mend the file, its name, orders.dates (--dates) or orders.time_zone (--time-zone)"
    )


def _advice(reason: str, text: pd.DataFrame, form: OrdersFormat) -> str:
    if reason == "not_products":
        proposed = code_pattern(text["StockCode"].tolist())
        return (
            f"orders.product_code (--product-code) is {form.product_code!r}"
            + (f", and {proposed!r} would match it" if proposed else "")
            + "; set it, if such are products"
        )
    cancellation = f"orders.cancellation (--cancellation) is {form.cancellation!r}"
    return {
        "duplicates": "the same row stands in the file before; put the file there again",
        "cancellations": f"{cancellation}; set it, if this is none",
        "returns": "nothing was bought; see orders.columns.quantity (--column)",
        "zero_prices": "what costs nothing is no purchase; see orders.columns.price (--column)",
        "missing_customers": "nobody to learn about; see orders.columns.customer (--column) "
        "and orders.missing_customer (--missing-customer)",
        "cancelled_same_day": "it was cancelled on its day; see orders.cancellation (--cancellation)",
    }[reason]
