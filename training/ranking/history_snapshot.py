"""What was known on a day, as the tables and matrices that every score and aggregate starts from."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray

from training.ranking.orders import Orders

DECAYS = (20, 60, 180)
Floats = NDArray[np.float32]


class HistorySnapshot:
    """Orders before ``day``; rows on or after it are dropped first, and nothing else is ever looked at.

    Attributes:
        day: ordinal of the day.
        orders: those before it, with their own numbering of customers and products.
        lines: every purchased line (customer -1 for none): customer, product, basket, day, quantity, price,
            abroad.
        known: the lines of known customers.
        buys: one row a customer, product and basket: day, quantity, weight20/60/180 (exp(-age / days)) and
            position (baskets of the customer since).
        pairs: one row a customer and product: times, last, first, quantity, last_quantity, weight20/60/180,
            position, first_position.
        baskets: one row a customer and basket: day, position.
    """

    def __init__(self, orders: Orders, day: int) -> None:
        self.day = day
        self.orders = orders.before(day)
        bought = ~self.orders.cancelled
        names = ("customer", "product", "basket", "day", "quantity", "price", "abroad")
        self.lines = pd.DataFrame({name: getattr(self.orders, name)[bought] for name in names})
        self.known = self.lines[self.lines["customer"] >= 0].reset_index(drop=True)
        self.baskets = self._baskets()
        self.buys = self._buys()
        self.pairs = self._pairs()

    @property
    def date(self) -> date:
        return date.fromordinal(self.day)

    @property
    def first_day(self) -> int:
        return int(self.lines["day"].min())

    @property
    def shape(self) -> tuple[int, int]:
        """Customers, products."""
        return len(self.orders.customers), len(self.orders.products)

    def _baskets(self) -> pd.DataFrame:
        baskets = self.known.groupby(["customer", "basket"])["day"].first().reset_index()
        baskets = baskets.sort_values(["customer", "day", "basket"], ignore_index=True)
        baskets["position"] = baskets.groupby("customer").cumcount(ascending=False)
        return baskets

    def _buys(self) -> pd.DataFrame:
        keys = ["customer", "product", "basket"]
        buys = self.known.groupby(keys).agg(day=("day", "first"), quantity=("quantity", "sum")).reset_index()
        for days in DECAYS:
            buys[f"weight{days}"] = np.exp(-(self.day - buys["day"]) / days)
        return buys.merge(self.baskets[["customer", "basket", "position"]], on=["customer", "basket"])

    def _pairs(self) -> pd.DataFrame:
        return (
            self.buys.groupby(["customer", "product"])
            .agg(
                times=("basket", "size"),
                last=("day", "max"),
                first=("day", "min"),
                quantity=("quantity", "sum"),
                last_quantity=("quantity", "last"),
                weight20=("weight20", "sum"),
                weight60=("weight60", "sum"),
                weight180=("weight180", "sum"),
                position=("position", "min"),
                first_position=("position", "max"),
            )
            .reset_index()
        )

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
    def weighed_baskets(self) -> Any:
        """Baskets of everybody x products: exp(-age / 240) over the square root of the size, at least 4."""
        rows = self.lines.drop_duplicates(["basket", "product"])
        number = int(self.orders.basket.max()) + 1
        ones = np.ones(len(rows), np.float32)
        matrix = sp.csr_matrix((ones, (rows["basket"], rows["product"])), shape=(number, self.shape[1]))
        size = np.maximum(np.asarray(matrix.sum(1)).ravel(), 4)
        day = np.zeros(number)
        day[rows["basket"]] = rows["day"]
        weight = np.exp(-(self.day - day) / 240) / np.sqrt(size)
        return sp.diags(weight.astype(np.float32)).tocsr() @ matrix
