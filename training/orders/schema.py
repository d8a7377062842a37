"""What a row of the order log must be, as a pandera schema whose checks are named by the reason they give."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from training.orders.format import OrdersFormat
from training.orders.values import RUINED, numbers, times

if TYPE_CHECKING:
    import pandera.pandas as pa

PRODUCT_CODE = OrdersFormat().product_code
MAX_QUANTITY = 2**31 - 1
CHECKED = (
    "unreadable",
    "duplicates",
    "cancellations",
    "not_products",
    "returns",
    "zero_prices",
    "missing_customers",
)
"""Reasons that the schema gives, first one first."""
_USUAL = OrdersFormat()


def typed(text: pd.DataFrame, day: date, form: OrdersFormat = _USUAL) -> pd.DataFrame:
    """The columns that the schema checks, from stripped text; what does not parse is null.

    ``at`` is null too where the time is not on ``day``. ``repeated`` says that an equal row came before,
    ``ruined`` that a spreadsheet has rounded the customer or the invoice.
    """
    customer = customers(text["CustomerID"], form)
    invoice = text["InvoiceNo"].str.upper()
    table = pd.DataFrame(
        {
            "invoice": invoice,
            "customer": customer,
            "stock_code": text["StockCode"],
            "description": text["Description"].str.replace(r"[^\S\r\n]+", " ", regex=True),
            "quantity": numbers(text["Quantity"], form),
            "price": numbers(text["UnitPrice"], form, money=True),
            "at": times(text["InvoiceDate"], day, form),
            "repeated": text.duplicated(),
            "ruined": ruined(customer) | ruined(invoice),
        }
    )
    return table.assign(cancelled=is_cancellation(table, form))


def customers(text: pd.Series, form: OrdersFormat) -> pd.Series:
    """Customers of cells, "" for none."""
    return text.map({cell: form.customer(cell) for cell in text.unique()}).astype(object)


def ruined(ids: pd.Series) -> pd.Series:
    """Which identifiers are what a spreadsheet makes of numbers: many become one."""
    verdicts = {cell: re.fullmatch(RUINED, cell, re.ASCII) is not None for cell in ids.unique()}
    return ids.map(verdicts).astype(bool)


def is_product(codes: pd.Series, form: OrdersFormat) -> pd.Series:
    """Which codes are of products."""
    pattern = re.compile(form.product_code, re.ASCII)
    not_products = {code.casefold() for code in form.not_products}
    verdicts = {
        code: bool(pattern.fullmatch(code)) and code.casefold() not in not_products for code in codes.unique()
    }
    return codes.map(verdicts).astype(bool)


def is_cancellation(table: pd.DataFrame, form: OrdersFormat) -> pd.Series:
    """Which rows of ``typed`` are of cancellations."""
    if form.cancellation:
        return table["invoice"].str.startswith(form.cancellation.upper()).astype(bool)
    return table["quantity"].lt(0)


@lru_cache(maxsize=8)
def schema(form: OrdersFormat = _USUAL) -> pa.DataFrameSchema:
    """Columns, types, ranges and duplicates."""
    import pandera.pandas as pa

    def column(kind: str, **checks: Callable[[Any], Any]) -> pa.Column:
        return pa.Column(
            kind, [pa.Check(test, name=name, ignore_na=False) for name, test in checks.items()], nullable=True
        )

    return pa.DataFrameSchema(
        {
            "invoice": column("object", unreadable=lambda s: s.ne("")),
            "customer": column("object", missing_customers=lambda s: s.ne("")),
            "stock_code": column("object", not_products=lambda s: is_product(s, form)),
            "description": column("object"),
            "quantity": column(
                "float64",
                unreadable=lambda s: s.abs().le(MAX_QUANTITY) & s.mod(1).eq(0),
                returns=lambda s: ~s.le(0),
            ),
            "price": column("float64", unreadable=np.isfinite, zero_prices=lambda s: ~s.le(0)),
            "at": column("datetime64[ns]", unreadable=lambda s: s.notna()),
            "repeated": column("bool", duplicates=lambda s: ~s),
            "ruined": column("bool", unreadable=lambda s: ~s),
            "cancelled": column("bool", cancellations=lambda s: ~s),
        },
        strict=True,
    )


def first_reasons(table: pd.DataFrame, form: OrdersFormat = _USUAL) -> pd.Series:
    """For every row of ``typed``, the first of CHECKED that fits, or "" where the row is sound.

    The schema's checks are asked one by one: the table of all failure cases that ``validate`` makes takes
    three times as long on a day of which a third is rejected.
    """
    order = schema(form)
    order.validate(table.head(0))  # columns and types are this code's doing, not a row's
    failed = {reason: np.zeros(len(table), dtype=bool) for reason in CHECKED}
    for name, column in order.columns.items():
        for check in column.checks:
            failed[str(check.name)] |= ~check(table[name]).check_output.to_numpy(dtype=bool)
    first = np.select([failed[reason] for reason in CHECKED], list(CHECKED), default="")
    return pd.Series(first, index=table.index, dtype=object)
