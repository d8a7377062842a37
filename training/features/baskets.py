"""Purchases as arrays: who bought which product on which day, by customer and oldest first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.features.catalogue import Catalogue


@dataclass(frozen=True)
class Purchases:
    """One customer's purchases, oldest first.

    Attributes:
        products: int32 [n], numbers of the catalogue.
        days: int32 [n], days since 1970-01-01; a product counts once a day.
    """

    products: npt.NDArray[np.int32]
    days: npt.NDArray[np.int32]

    def before(self, day: int) -> Purchases:
        """What was bought before a day: all that may be known at its start."""
        end = int(np.searchsorted(self.days, day, side="left"))
        return Purchases(self.products[:end], self.days[:end])

    def on(self, day: int) -> npt.NDArray[np.int32]:
        """The basket of a day."""
        start, end = np.searchsorted(self.days, [day, day + 1], side="left")
        return self.products[start:end]


@dataclass(frozen=True)
class Baskets:
    """The purchases of all customers, by pseudonym, sorted."""

    by_customer: dict[str, Purchases]

    def __len__(self) -> int:
        return len(self.by_customer)


def baskets_of(purchases: pd.DataFrame, catalogue: Catalogue) -> Baskets:
    """Group purchases (columns of SCHEMA); products outside the catalogue are left out."""
    table = pd.DataFrame(
        {
            "customer": purchases["customer"],
            "day": purchases["at"].to_numpy().astype("datetime64[D]").astype("int64").astype("int32"),
            "product": purchases["stock_code"].map(catalogue.index),
        }
    )
    table = table.dropna().astype({"product": "int32"}).drop_duplicates()
    table = table.sort_values(["customer", "day", "product"], ignore_index=True)
    products, days = table["product"].to_numpy(), table["day"].to_numpy()
    names, starts = np.unique(table["customer"].to_numpy().astype(str), return_index=True)
    ends = np.append(starts[1:], len(table))
    return Baskets(
        {
            str(name): Purchases(products[start:end], days[start:end])
            for name, start, end in zip(names, starts, ends, strict=True)
        }
    )
