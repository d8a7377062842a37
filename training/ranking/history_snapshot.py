"""What was known on a day, as the tables and matrices that every score and aggregate starts from."""

from __future__ import annotations

import tempfile
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray

from training.ranking.history_tables import DECAYS, UNIT, basket_table, buy_table, pair_table
from training.ranking.order_table import QUANTITY
from training.ranking.orders import Orders

if TYPE_CHECKING:
    import ibis.expr.types as ir

Floats = NDArray[np.float32]


class HistorySnapshot:
    """Orders before ``day``; rows on or after it are dropped first, and nothing else is ever looked at.

    The tables are computed by the engine of the orders and stay on disk, in a folder that goes with the
    snapshot. To compute with, by the numbers of ``Orders.lines``: ``sold``, ``known`` (the same of known
    customers), ``basket_table``, ``buy_table``, ``pair_table``. In memory, when asked for, by the numbers of
    ``orders``: the others.

    Attributes:
        day: ordinal of the day.
        orders: those before it, with their own numbering of customers and products.
        buys: one row a customer, product and basket: day, quantity and position (baskets of the customer
            since).
        pairs: one row a customer and product: times, last, first, quantity, last_quantity, weight20/60/180
            (sums of exp(-age / days)), position, first_position.
        baskets: one row a customer and basket: day, position.
    """

    def __init__(self, orders: Orders, day: int) -> None:
        self.day = day
        self.orders = orders.before(day)
        engine = self.orders.engine
        self._kept = tempfile.TemporaryDirectory(prefix="isthmus-history-")
        folder = Path(self._kept.name)
        self.known = self.sold.filter(self.sold.customer >= 0)
        baskets = basket_table(self.known)
        self.basket_table = engine.scan(engine.write(baskets, folder / "baskets.parquet"))
        buys = buy_table(self.known, self.basket_table)
        self.buy_table = engine.scan(engine.write(buys, folder / "buys.parquet"))
        pairs = pair_table(self.buy_table, day)
        self.pair_table = engine.scan(engine.write(pairs, folder / "pairs.parquet"))

    @property
    def date(self) -> date:
        return date.fromordinal(self.day)

    @cached_property
    def first_day(self) -> int:
        return int(self.frame(self.sold.aggregate(day=self.sold.day.min()))["day"][0])

    @property
    def shape(self) -> tuple[int, int]:
        """Customers, products."""
        return len(self.orders.customers), len(self.orders.products)

    @cached_property
    def sold(self) -> ir.Table:
        """Every purchased line, as ``Orders.lines``."""
        lines = self.orders.lines
        return lines.filter(~lines.cancelled)

    def frame(self, table: ir.Table) -> pd.DataFrame:
        """A computed table in memory, its customers and products by the numbers of ``orders``."""
        frame = self.orders.engine.frame(table)
        for name, numbers in (
            ("customer", self.orders.customer_numbers),
            ("product", self.orders.product_numbers),
        ):
            if name in frame:
                frame[name] = numbers[frame[name].to_numpy()]
        return frame

    @cached_property
    def baskets(self) -> pd.DataFrame:
        return self.frame(self.basket_table.order_by("customer", "day", "basket"))

    @cached_property
    def buys(self) -> pd.DataFrame:
        buys = self.frame(self.buy_table.order_by("customer", "product", "basket"))
        buys["quantity"] /= QUANTITY
        return buys

    @cached_property
    def pairs(self) -> pd.DataFrame:
        pairs = self.frame(self.pair_table.order_by("customer", "product"))
        for name in ("quantity", "last_quantity"):
            pairs[name] /= QUANTITY
        for days in DECAYS:
            pairs[f"weight{days}"] /= UNIT
        return pairs

    @cached_property
    def pair_keys(self) -> NDArray[np.int64]:
        """customer * products + product of each row of ``pairs``, increasing."""
        customer, product = (self.pairs[name].to_numpy(np.int64) for name in ("customer", "product"))
        keys: NDArray[np.int64] = customer * self.shape[1] + product
        return keys

    def matrix(self, rows: pd.DataFrame, values: Any = None) -> Any:
        """Customers x products, sparse: 1 where ``rows`` has the pair, or the sum of ``values`` there."""
        numbers = np.ones(len(rows), np.float32) if values is None else np.asarray(values, np.float32)
        matrix = sp.csr_matrix((numbers, (rows["customer"], rows["product"])), shape=self.shape)
        if values is None:
            matrix.data[:] = 1
        return matrix

    def decayed(self, rows: pd.DataFrame, day: int, days: float) -> Any:
        """Square root of the sum of exp(-age / days) over ``rows`` of ``buys``, seen from ``day``."""
        matrix = self.matrix(rows, np.exp(-(day - rows["day"].to_numpy()) / days))
        matrix.data = np.sqrt(matrix.data)
        return matrix

    def since(self, days: int) -> pd.DataFrame:
        """The rows of ``buys`` of the last ``days`` days."""
        return self.buys[self.buys["day"] >= self.day - days]

    @cached_property
    def bought(self) -> Any:
        """1 for every pair."""
        return self.matrix(self.pairs)

    @cached_property
    def history(self) -> Any:
        """Decayed by 180 days, square root."""
        return self.matrix(self.pairs, np.sqrt(self.pairs["weight180"]))

    @cached_property
    def recent(self) -> Any:
        """Decayed by 60 days, square root."""
        return self.matrix(self.pairs, np.sqrt(self.pairs["weight60"]))

    @cached_property
    def last_basket(self) -> Any:
        return self.matrix(self.buys[self.buys["position"] == 0])

    @cached_property
    def last_basket_scaled(self) -> Any:
        """The last basket over the square root of its size."""
        size = np.maximum(np.asarray(self.last_basket.sum(1)).ravel(), 1)
        return (sp.diags((1 / np.sqrt(size)).astype(np.float32)) @ self.last_basket).tocsr()

    @cached_property
    def last_three(self) -> Any:
        return self.matrix(self.buys[self.buys["position"] < 3])

    @cached_property
    def buyers(self) -> Floats:
        """Customers of each product."""
        return np.asarray(self.bought.sum(0)).ravel()

    @cached_property
    def rarity(self) -> Floats:
        """log(1 + customers / (1 + buyers)) of each product."""
        rarity: Floats = np.log(1 + self.shape[0] / (1 + self.buyers)).astype(np.float32)
        return rarity

    @cached_property
    def all_baskets(self) -> tuple[Any, NDArray[np.float64]]:
        """Baskets of everybody x products, 1 for each, and the day of each basket."""
        sold = self.sold.group_by("basket", "product").agg(day=self.sold.day.min())
        rows = self.frame(sold.order_by("basket", "product"))
        numbers, basket = np.unique(rows["basket"].to_numpy(), return_inverse=True)
        shape = (len(numbers), self.shape[1])
        matrix = sp.csr_matrix((np.ones(len(rows), np.float32), (basket, rows["product"])), shape=shape)
        day = np.zeros(len(numbers))
        day[basket] = rows["day"]
        return matrix, day

    @cached_property
    def weighed_baskets(self) -> Any:
        """Baskets of everybody x products: exp(-age / 240) over the square root of the size, at least 4."""
        matrix, day = self.all_baskets
        size = np.maximum(np.asarray(matrix.sum(1)).ravel(), 4)
        weight = np.exp(-(self.day - day) / 240) / np.sqrt(size)
        return sp.diags(weight.astype(np.float32)).tocsr() @ matrix

    @cached_property
    def taken_back(self) -> Any:
        """How often a customer took each product back."""
        lines = self.orders.lines
        back = lines.filter(lines.cancelled)
        times = back.group_by("customer", "product").agg(times=back.count())
        rows = self.frame(times.order_by("customer", "product"))
        return self.matrix(rows, rows["times"])
