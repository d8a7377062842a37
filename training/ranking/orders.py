"""The order log as arrays, and the part of it that was known on a day."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from datetime import date
from typing import Any

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

logger = logging.getLogger(__name__)

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Orders:
    """Purchases, one row a line of an invoice, those without a customer and cancellations among them.

    Attributes:
        customers: ids, sorted; ``customer`` counts into them.
        products: their codes, sorted, of products that a known customer bought; ``product`` counts into them.
        texts: descriptions; ``text`` counts into them.
        customer: of each line; -1 where the invoice names no customer.
        basket: number of the invoice, in the order of the invoices' names.
        day: proleptic ordinal of the day (``date.toordinal``).
        quantity: pieces, above 0, of a cancelled line too.
        price: price of a piece, in the currency of the shop.
        abroad: the invoice is from another country than the shop.
        cancelled: the line takes a purchase back and is none itself.
    """

    customers: NDArray[Any]
    products: NDArray[Any]
    texts: NDArray[Any]
    customer: Integers
    product: Integers
    text: Integers
    basket: Integers
    day: Integers
    quantity: NDArray[np.float64]
    price: NDArray[np.float64]
    abroad: NDArray[np.bool_]
    cancelled: NDArray[np.bool_]

    @staticmethod
    def of(rows: pd.DataFrame) -> Orders:
        """Build it from cleaned rows.

        Args:
            rows: invoice, customer ("" for none), product, text (str), day (ordinal), quantity, price,
                abroad, cancelled.

        Raises:
            TrainingError: when no known customer bought anything.
        """
        bought = rows[~rows["cancelled"] & rows["customer"].ne("")]
        if bought.empty:
            raise TrainingError("no purchase of a known customer is among the orders; name other orders")
        customers = np.array(sorted(bought["customer"].unique()), dtype=str)
        products = np.array(sorted(bought["product"].unique()), dtype=str)
        rows = rows[rows["product"].isin(products)]
        rows = rows[~rows["cancelled"] | rows["customer"].isin(customers)]
        texts, text = np.unique(rows["text"].to_numpy(str), return_inverse=True)
        _, basket = np.unique(rows["invoice"].to_numpy(str), return_inverse=True)
        known = rows["customer"].to_numpy(str)
        return Orders(
            customers=customers,
            products=products,
            texts=texts,
            customer=np.where(known == "", -1, np.searchsorted(customers, known)).astype(np.int64),
            product=np.searchsorted(products, rows["product"].to_numpy(str)).astype(np.int64),
            text=text.astype(np.int64),
            basket=basket.astype(np.int64),
            day=rows["day"].to_numpy(np.int64),
            quantity=rows["quantity"].to_numpy(np.float64),
            price=rows["price"].to_numpy(np.float64),
            abroad=rows["abroad"].to_numpy(np.bool_),
            cancelled=rows["cancelled"].to_numpy(np.bool_),
        )

    def before(self, day: int) -> Orders:
        """The orders before ``day`` as if there had been no later ones: their customers, products and texts.

        Raises:
            TrainingError: when there are none.
        """
        early = self.day < day
        bought = early & ~self.cancelled & (self.customer >= 0)
        if not bought.any():
            raise TrainingError(f"there are no orders before {date.fromordinal(day)}; name a later day")
        customers, products = np.unique(self.customer[bought]), np.unique(self.product[bought])
        keep = early & np.isin(self.product, products)
        keep &= ~self.cancelled | np.isin(self.customer, customers)
        texts, text = np.unique(self.text[keep], return_inverse=True)
        _, basket = np.unique(self.basket[keep], return_inverse=True)
        customer = self.customer[keep]
        return Orders(
            customers=self.customers[customers],
            products=self.products[products],
            texts=self.texts[texts],
            customer=np.where(customer < 0, -1, np.searchsorted(customers, customer)),
            product=np.searchsorted(products, self.product[keep]),
            text=text.astype(np.int64),
            basket=basket.astype(np.int64),
            day=self.day[keep],
            quantity=self.quantity[keep],
            price=self.price[keep],
            abroad=self.abroad[keep],
            cancelled=self.cancelled[keep],
        )

    def digest(self) -> str:
        """SHA-256 of every row and name, in hexadecimal."""
        hasher = hashlib.sha256()
        for names in (self.customers, self.products, self.texts):
            hasher.update("\n".join(names.tolist()).encode())
        numbers = (self.customer, self.product, self.text, self.basket, self.day)
        for array in (*numbers, self.quantity, self.price, self.abroad, self.cancelled):
            hasher.update(np.ascontiguousarray(array).tobytes())
        return hasher.hexdigest()


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


def read_orders(source: OrderSource, before: date, since: date = date.min) -> pd.DataFrame:
    """Cleaned rows of the files from ``since`` on and before ``before``; no other file is opened.

    Raises:
        OrdersRefused: too much of them cannot be read.
        TrainingError: when there is no such file, or one cannot be read.
    """
    days = [day for day in source.days() if since <= day < before]
    if not days:
        raise TrainingError(f"{source.url} holds no orders before {before}; name a later day with --before")
    logger.info(f"reading {len(days)} days of orders, {days[0]} to {days[-1]}")
    judge = Judge(source.settings, UNCHANGED)
    read = [_checked_rows(read_rows(source, day), source.settings, judge) for day in days]
    judge.all()
    return pd.concat(read, ignore_index=True)


def _checked_rows(rows: DayRows, settings: OrdersSettings, judge: Judge) -> pd.DataFrame:
    """The rows of a day that count, if as many of it can be read as ``orders.limits`` ask for."""

    def example(reason: str) -> str:
        return explained(rows, clean_for_transfer(rows.day, rows, settings).rejects, reason, settings)

    raw = rows.rows
    wrong = numbers(raw["Quantity"].str.strip(), settings).isna()
    wrong |= numbers(raw["UnitPrice"].str.strip(), settings, money=True).isna()
    counts = {"read": rows.total, "malformed": len(rows.malformed), "unreadable": int(wrong.sum())}
    judge.counts(counts, example)
    return clean(rows.day, raw, settings)
