"""What was bought before the held-back days, as the matrices that baselines are fitted on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
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

    def with_countries(self, of: Mapping[str, str]) -> InteractionMatrix:
        """The same with each customer's country."""
        return replace(self, countries=tuple(of[name] for name in self.customers))

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
    purchases: Iterable[pd.DataFrame],
    index: Mapping[str, int],
    day_after: int,
) -> InteractionMatrix:
    """Purchases as a matrix, without countries.

    Memory holds one of the tables, and some 20 bytes for each row of those before it.

    Args:
        purchases: those of the window in some tables (columns customer, stock_code, quantity, at); what
            ``index`` does not name is left out.
        index: product code -> number of the release, from 1.
        day_after: first day that is not of the window, in days since 1970-01-01.

    Raises:
        ValueError: when a purchase is of that day or later, which no baseline may see.
    """
    numbers: dict[str, int] = {}
    parts = [_numbered(some, index, numbers) for some in purchases]
    table = pd.concat([_numbered(NO_PURCHASES, index, numbers), *parts], ignore_index=True)
    del parts
    if len(table) and int(table["day"].max()) >= day_after:
        raise ValueError("a purchase after the window is not of the past")
    customers = tuple(sorted(numbers))
    row = np.zeros(len(numbers), np.int32)
    row[[numbers[name] for name in customers]] = np.arange(len(numbers))
    table["customer"] = row[table["customer"]]
    baskets = table.groupby(["customer", "day"])["pieces"].sum().groupby("customer")
    once = table[["customer", "column", "day"]].drop_duplicates()
    return InteractionMatrix(
        customers=customers,
        product_count=len(index),
        day_after=day_after,
        rows=once["customer"].to_numpy(np.int64),
        columns=once["column"].to_numpy(np.int64),
        days=once["day"].to_numpy(np.int64),
        baskets=baskets.size().to_numpy(np.int64),
        pieces=baskets.median().to_numpy(np.float64),
        countries=(),
    )


NO_PURCHASES = pd.DataFrame(
    {"customer": [], "stock_code": [], "quantity": np.zeros(0), "at": np.zeros(0, "datetime64[ns]")}
)


def _numbered(purchases: pd.DataFrame, index: Mapping[str, int], numbers: dict[str, int]) -> pd.DataFrame:
    """The purchases of known products as numbers; a customer who has none yet gets the next one."""
    product = purchases["stock_code"].map(index)
    known = purchases[product.notna()]
    customers = known["customer"].astype(str)
    for name in customers.unique():
        numbers.setdefault(name, len(numbers))
    return pd.DataFrame(
        {
            "customer": customers.map(numbers).to_numpy(np.int32),
            "column": product.dropna().to_numpy(np.int32) - 1,
            "day": known["at"].to_numpy().astype("datetime64[D]").astype(np.int32),
            "pieces": known["quantity"].to_numpy(),
        }
    )
