"""The order log as arrays, and the part of it that was known on a day."""

from __future__ import annotations

import hashlib
import logging
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from training.errors import TrainingError
from training.orders.cleaning import clean as clean_for_transfer
from training.orders.day_rows import DayRows
from training.orders.explaining import explained
from training.orders.format import OrdersFormat
from training.orders.judging import UNCHANGED, Judge
from training.orders.schema import customers, is_cancellation, is_product
from training.orders.settings import OrdersSettings
from training.orders.source import OrderSource, read_rows
from training.orders.values import numbers
from training.ranking.order_table import LINES, NOBODY, Names, number, write_day
from training.tables.engine import EMBEDDED, Engine

if TYPE_CHECKING:
    import ibis.expr.types as ir

logger = logging.getLogger(__name__)

Integers = NDArray[np.int64]


class Orders:
    """Purchases, one row a line of an invoice, those without a customer and cancellations among them.

    They are a table on disk (``training.ranking.order_table``), seen from before a day, and never in memory:
    ``lines`` is all of it, to compute with.

    Attributes:
        engine: what computes.
        customers: ids, sorted.
        products: their codes, sorted, of products that a known customer bought.
        texts: descriptions, sorted.
    """

    def __init__(
        self,
        engine: Engine,
        folder: Path,
        names: Names,
        days: Mapping[int, str],
        end: int = date.max.toordinal(),
        kept: object = None,
    ) -> None:
        self.engine, self._folder, self._names, self._days = engine, folder, names, days
        self._end, self._kept = end, kept
        self._known_customers = names.customer_days < end
        self._known_products = names.product_days < end
        self._known_texts = names.text_days < end
        self.customers = names.customers[self._known_customers]
        self.products = names.products[self._known_products]
        self.texts = names.texts[self._known_texts]

    def __getstate__(self) -> dict[str, Any]:
        """Without what another process computes itself, and without what keeps the folder."""
        return {
            name: value
            for name, value in vars(self).items()
            if not isinstance(getattr(type(self), name, None), cached_property)
        } | {"_kept": None}

    @classmethod
    def of(cls, rows: pd.DataFrame, engine: Engine = EMBEDDED) -> Orders:
        """Build it from cleaned rows, in a folder that goes with it.

        Args:
            rows: invoice, customer ("" for none), product, text (str), day (ordinal), quantity, price,
                abroad, cancelled.
            engine: what computes.

        Raises:
            TrainingError: when no known customer bought anything.
        """
        kept = tempfile.TemporaryDirectory(prefix="isthmus-orders-")
        folder, digests, paths = Path(kept.name), {}, []
        for day, of_day in rows.groupby("day"):
            paths.append(folder / f"day-{day}.parquet")
            digests[int(str(day))] = write_day(of_day, paths[-1])
        if not paths:
            raise TrainingError(NOBODY)
        return cls(engine, folder, number(engine, paths, folder), digests, kept=kept)

    def before(self, day: int) -> Orders:
        """The orders before ``day`` as if there had been no later ones: their customers, products and texts.

        Raises:
            TrainingError: when there are none.
        """
        end = min(day, self._end)
        if not (self._names.customer_days < end).any():
            raise TrainingError(f"there are no orders before {date.fromordinal(day)}; name a later day")
        return Orders(self.engine, self._folder, self._names, self._days, end, self._kept)

    @cached_property
    def lines(self) -> ir.Table:
        """The table of all lines that were known, by the numbers of ``order_table.number``.

        ``customer_numbers`` and ``product_numbers`` translate these; their order is the same.
        """
        lines = self.engine.scan(self._folder / LINES)
        return lines.filter(lines.known_from < self._end)

    @cached_property
    def customer_numbers(self) -> Integers:
        """The place in ``customers`` of each number of ``lines``, -1 for one of later days; and of the last
        one, which is -1, too."""
        return np.append(_places(self._known_customers), -1)

    @cached_property
    def product_numbers(self) -> Integers:
        """The place in ``products`` of each number of ``lines``, -1 for one of later days."""
        return _places(self._known_products)

    @cached_property
    def text_numbers(self) -> Integers:
        """The place in ``texts`` of each number of ``lines``, -1 for one of later days."""
        return _places(self._known_texts)

    @cached_property
    def first_day(self) -> int:
        """Ordinal of the first day with a line."""
        return min(day for day, rows in self._counts if rows)

    @cached_property
    def row_count(self) -> int:
        """Lines that were known."""
        return sum(rows for _, rows in self._counts)

    @cached_property
    def _counts(self) -> list[tuple[int, int]]:
        """Lines of each day."""
        days = self.engine.frame(self.lines.group_by("day").agg(rows=self.lines.count()))
        return [*zip(days["day"].tolist(), days["rows"].tolist(), strict=True)]

    def digest(self) -> str:
        """SHA-256 of every row of the days, in hexadecimal."""
        hasher = hashlib.sha256()
        for day, digest in sorted(self._days.items()):
            if day < self._end:
                hasher.update(f"{day} {digest}\n".encode())
        return hasher.hexdigest()


def _places(known: NDArray[np.bool_]) -> Integers:
    return np.where(known, np.cumsum(known) - 1, -1).astype(np.int64)


def clean(day: date, raw: pd.DataFrame, orders_format: OrdersFormat | None = None) -> pd.DataFrame:
    """The rows of one file that count, as ``Orders.of`` takes them.

    Left out are rows whose code is of no product, purchases without a positive quantity and price,
    cancellations without a customer, and rows that do not parse.
    """
    orders_format = orders_format or OrdersFormat()
    invoice = raw["InvoiceNo"].str.strip()
    quantity = numbers(raw["Quantity"].str.strip(), orders_format)
    price = numbers(raw["UnitPrice"].str.strip(), orders_format, money=True)
    customer = customers(raw["CustomerID"].str.strip(), orders_format)
    product = raw["StockCode"].str.strip()
    signs = pd.DataFrame({"invoice": invoice.str.upper(), "quantity": quantity})
    cancelled = is_cancellation(signs, orders_format)
    counts = is_product(product, orders_format) & np.isfinite(quantity)
    counts &= np.where(cancelled, customer.ne(""), (quantity > 0) & (price > 0) & np.isfinite(price))
    has_country = orders_format.columns.country is not None
    rows = pd.DataFrame(
        {
            "invoice": invoice,
            "customer": customer,
            "product": product,
            "text": raw["Description"],
            "day": day.toordinal(),
            "quantity": quantity.abs(),
            "price": price,
            "abroad": has_country and raw["Country"].ne(orders_format.home_country),
            "cancelled": cancelled,
        }
    )
    counted: pd.DataFrame = rows.loc[counts]
    return counted


def days_to_read(source: OrderSource, before: date, since: date = date.min) -> list[date]:
    """The days from ``since`` on and before ``before``.

    Raises:
        TrainingError: there are none.
    """
    days = [day for day in source.days() if since <= day < before]
    if not days:
        raise TrainingError(f"{source.url} holds no orders before {before}; name a later day with --before")
    logger.info(f"reading {len(days)} days of orders, {days[0]} to {days[-1]}")
    return days


def read_orders(source: OrderSource, before: date, since: date = date.min) -> pd.DataFrame:
    """Cleaned rows of a few days, from ``since`` on and before ``before``; no other file is opened.

    Raises:
        OrdersRefused: too much of them cannot be read.
        TrainingError: when there is no such file, or one cannot be read.
    """
    judge = Judge(source.settings, UNCHANGED)
    read = []
    for day in days_to_read(source, before, since):
        checked = check_day(read_rows(source, day), source.settings)
        judge.counts(checked.counts, checked.example)
        read.append(checked.kept)
    judge.all()
    return pd.concat(read, ignore_index=True)


@dataclass(frozen=True)
class CheckedDay:
    """The rows of a day that count, how many lines were read and could not be, and an example of these."""

    kept: pd.DataFrame
    counts: dict[str, int]
    example: Callable[[str], str]


def check_day(rows: DayRows, settings: OrdersSettings) -> CheckedDay:
    """Clean a day; whether enough of it can be read is ``Judge.counts``' to say."""

    def example(reason: str) -> str:
        return explained(rows, clean_for_transfer(rows.day, rows, settings).rejects, reason, settings)

    raw = rows.rows
    wrong = numbers(raw["Quantity"].str.strip(), settings).isna()
    wrong |= numbers(raw["UnitPrice"].str.strip(), settings, money=True).isna()
    counts = {"read": rows.total, "malformed": len(rows.malformed), "unreadable": int(wrong.sum())}
    return CheckedDay(clean(rows.day, raw, settings), counts, example)
