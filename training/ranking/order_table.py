"""The order log as a table on disk: a file a day as it was cleaned, then one of numbers for all of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from training.errors import TrainingError
from training.tables.engine import Engine

if TYPE_CHECKING:
    import ibis.expr.types as ir

QUANTITY, PRICE = 1000, 1_000_000
"""Quantities are counted in thousandths of a piece, prices in millionths of the currency: their sums and
medians are those of integers."""
LOG_PRICE, LEAST_PRICE = 2**18, 0.01
"""Logarithms of prices in fixed point; a lower price counts as the least."""
DAY_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("invoice", "customer", "product", "text")),
        ("day", pa.int32()),
        *((name, pa.int64()) for name in ("quantity", "price", "log_price")),
        ("abroad", pa.bool_()),
        ("cancelled", pa.bool_()),
    ]
)
LINES = "lines.parquet"
NOBODY = "no purchase of a known customer is among the orders; name other orders"


@dataclass(frozen=True)
class Names:
    """What the numbers of a table stand for, sorted, and from which day on each may be known.

    Attributes:
        customers: who bought something.
        products: what a known customer bought.
        texts: descriptions of these.
        customer_days: ordinal of the first purchase of each customer.
        product_days: the same of each product, by a known customer.
        text_days: the first day of a line with this text that counts.
    """

    customers: NDArray[Any]
    products: NDArray[Any]
    texts: NDArray[Any]
    customer_days: NDArray[np.int64]
    product_days: NDArray[np.int64]
    text_days: NDArray[np.int64]


def write_day(rows: pd.DataFrame, path: Path, known_as: Mapping[str, str] | None = None) -> str:
    """Write the cleaned rows of a day; returns SHA-256 of all that is in them.

    Args:
        rows: as ``training.ranking.orders.clean`` gives them.
        path: of the file.
        known_as: pseudonyms by customer; None leaves customers as they are.
    """
    customer = rows["customer"] if known_as is None else rows["customer"].map(known_as)
    price = rows["price"].to_numpy(np.float64)
    columns: dict[str, Any] = {
        "invoice": rows["invoice"].tolist(),
        "customer": customer.tolist(),
        "product": rows["product"].tolist(),
        "text": rows["text"].tolist(),
        "day": rows["day"].to_numpy(np.int32),
        "quantity": np.rint(rows["quantity"].to_numpy(np.float64) * QUANTITY).astype(np.int64),
        "price": np.maximum(np.rint(price * PRICE), 1).astype(np.int64),
        "log_price": np.rint(np.log(np.maximum(price, LEAST_PRICE)) * LOG_PRICE).astype(np.int64),
        "abroad": rows["abroad"].to_numpy(np.bool_),
        "cancelled": rows["cancelled"].to_numpy(np.bool_),
    }
    hasher = hashlib.sha256()
    for name, values in columns.items():
        if isinstance(values, list):
            hasher.update("\0".join(values).encode())
        elif name != "log_price":
            hasher.update(values.tobytes())
    pq.write_table(pa.Table.from_pydict(columns, schema=DAY_SCHEMA), path, compression="zstd")
    return hasher.hexdigest()


def number(engine: Engine, days: Iterable[Path], folder: Path) -> Names:
    """Write the lines that may ever count as a table of numbers, ``LINES`` in ``folder``.

    Its columns: customer (-1 for none), product, text, basket (numbers in the order of the names), day,
    quantity, price, log_price, abroad, cancelled; and ``known_from``: a line counts on every day after this
    one. That is its own day, or the first one on which a known customer bought the product, or on which the
    customer who takes something back had bought something.

    Raises:
        TrainingError: when no known customer bought anything.
    """
    import ibis

    lines = engine.scan(*days)
    bought = lines.filter(~lines.cancelled, lines.customer != "")
    customers = _numbered(bought.group_by("customer").agg(customer_day=bought.day.min()), "customer")
    products = _numbered(bought.group_by("product").agg(product_day=bought.day.min()), "product")
    customers = engine.scan(engine.write(customers, folder / "customers.parquet"))
    products = engine.scan(engine.write(products, folder / "products.parquet"))
    counted = lines.join(products, "product").left_join(customers, "customer")
    counted = counted.filter(~counted.cancelled | counted.customer_number.notnull())
    from_purchase = ibis.ifelse(counted.cancelled, counted.customer_day, counted.day)
    counted = counted.mutate(known_from=ibis.greatest(counted.day, counted.product_day, from_purchase))
    texts = _numbered(counted.group_by("text").agg(text_day=counted.known_from.min()), "text")
    texts = engine.scan(engine.write(texts, folder / "texts.parquet"))
    invoices = _numbered(counted.select("invoice").distinct(), "invoice")
    table = counted.join(texts, "text").join(invoices, "invoice")
    numbers = table.select(
        customer=table.customer_number.fill_null(-1).cast("int32"),
        product=table.product_number.cast("int32"),
        text=table.text_number.cast("int32"),
        basket=table.invoice_number.cast("int32"),
        **{name: table[name] for name in ("day", "quantity", "price", "log_price", "abroad", "cancelled")},
        known_from=table.known_from.cast("int32"),
    )
    # All of it decides the order: what is drawn of the lines must be the same each time.
    order = ("day", "basket", "product", "text", "quantity", "price", "customer", "cancelled")
    engine.write(numbers.order_by(*order), folder / LINES)
    found = [
        engine.columns(each.order_by(f"{name}_number"))
        for name, each in (("customer", customers), ("product", products), ("text", texts))
    ]
    if not len(found[0]["customer"]):
        raise TrainingError(NOBODY)
    return Names(
        customers=found[0]["customer"],
        products=found[1]["product"],
        texts=found[2]["text"],
        customer_days=found[0]["customer_day"].astype(np.int64),
        product_days=found[1]["product_day"].astype(np.int64),
        text_days=found[2]["text_day"].astype(np.int64),
    )


def _numbered(table: ir.Table, name: str) -> ir.Table:
    """A table of names with the place of each in their order."""
    import ibis

    return table.mutate(**{f"{name}_number": ibis.row_number().over(order_by=name)})
