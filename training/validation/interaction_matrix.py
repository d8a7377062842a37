"""What was bought before the held-back days, as the matrices that baselines are fitted on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Numbers = npt.NDArray[Any]


@dataclass(frozen=True)
class InteractionMatrix:
    """Purchases of a window; a product counts once a day for a customer.

    Attributes:
        customers: pseudonyms, sorted; a customer's row is the position here.
        product_count: products that the release numbers; column ``c`` is the product of index ``c + 1``.
        day_after: the day after the window, in days since 1970-01-01.
        rows: int64 [purchases], rows of the customers.
        columns: int64 [purchases], columns of the products.
        days: int64 [purchases], days since 1970-01-01, all before ``day_after``.
        baskets: int64 [customers], shopping days.
        pieces: float64 [customers], median pieces of a basket.
        countries: country of each customer's last order, by row; empty where the orders have none.
    """

    customers: tuple[str, ...]
    product_count: int
    day_after: int
    rows: Numbers
    columns: Numbers
    days: Numbers
    baskets: Numbers
    pieces: Numbers
    countries: tuple[str, ...]

    def rows_of(self, names: Sequence[str]) -> Numbers:
        """The rows of some customers; KeyError for one that bought nothing in the window."""
        row = {name: number for number, name in enumerate(self.customers)}
        return np.array([row[name] for name in names], np.int64)

    def matrix(self, weights: Numbers | None = None) -> Any:
        """Sparse float32 [customers, products]: the sum of ``weights`` [purchases], or 1 for what was
        bought."""
        from scipy.sparse import csr_matrix

        values = np.ones(len(self.rows), np.float32) if weights is None else weights.astype(np.float32)
        shape = (len(self.customers), self.product_count)
        matrix = csr_matrix((values, (self.rows, self.columns)), shape=shape)
        matrix.sum_duplicates()
        if weights is None:
            matrix.data[:] = 1
        return matrix

    def popularity(self, last_days: int | None = None) -> Numbers:
        """Baskets with each product, int64 [products], in the last days of the window or in all of it."""
        counted = slice(None) if last_days is None else self.days >= self.day_after - last_days
        return np.bincount(self.columns[counted], minlength=self.product_count)

    def buyers(self) -> Numbers:
        """Customers who bought each product, int64 [products]."""
        return np.bincount(self.matrix().indices, minlength=self.product_count)


def interaction_matrix_of(
    purchases: pd.DataFrame, index: Mapping[str, int], day_after: int
) -> InteractionMatrix:
    """Purchases (columns customer, stock_code, quantity, at, and country where it is known) as a matrix.

    Args:
        purchases: those of the window; what ``index`` does not name is left out.
        index: product code -> number of the release, from 1.
        day_after: first day that is not of the window, in days since 1970-01-01.

    Raises:
        ValueError: when a purchase is of that day or later, which no baseline may see.
    """
    table = pd.DataFrame(
        {
            "customer": purchases["customer"].astype(str),
            "product": purchases["stock_code"].map(index),
            "day": purchases["at"].to_numpy().astype("datetime64[D]").astype("int64"),
            "pieces": purchases["quantity"],
            "country": purchases.get("country", ""),
        }
    ).dropna(subset=["product"])
    if len(table) and int(table["day"].max()) >= day_after:
        raise ValueError("a purchase after the window is not of the past")
    baskets = table.groupby(["customer", "day"])["pieces"].sum().groupby("customer")
    customers = tuple(str(name) for name in baskets.size().index)
    last = table.sort_values("day", kind="stable").drop_duplicates("customer", keep="last")
    country = dict(zip(last["customer"], last["country"], strict=True))
    once = table.drop_duplicates(["customer", "product", "day"])
    row = {name: number for number, name in enumerate(customers)}
    return InteractionMatrix(
        customers=customers,
        product_count=len(index),
        day_after=day_after,
        rows=once["customer"].map(row).to_numpy(np.int64),
        columns=once["product"].to_numpy(np.int64) - 1,
        days=once["day"].to_numpy(np.int64),
        baskets=baskets.size().to_numpy(np.int64),
        pieces=baskets.median().to_numpy(np.float64),
        countries=tuple(str(country[name]) for name in customers) if "country" in purchases else (),
    )
