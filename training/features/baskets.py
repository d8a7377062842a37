"""Purchases as arrays: who bought which product on which day, by customer and oldest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


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
class Histories:
    """The purchases of some customers, one after the other: ``splits[c]:splits[c + 1]`` are those of one.

    Attributes:
        customers: pseudonyms.
        shards: int32 [customers], ascending.
        splits: int64 [customers + 1].
        products: int32 [n], as in ``Purchases``; oldest first in each customer, and ascending in a day.
        days: int32 [n].
    """

    customers: npt.NDArray[np.object_]
    shards: npt.NDArray[np.int32]
    splits: npt.NDArray[np.int64]
    products: npt.NDArray[np.int32]
    days: npt.NDArray[np.int32]

    def __iter__(self) -> Iterator[tuple[str, Purchases]]:
        """Each customer with the purchases."""
        ends = zip(self.customers, self.splits[:-1].tolist(), self.splits[1:].tolist(), strict=True)
        for customer, start, end in ends:
            yield str(customer), Purchases(self.products[start:end], self.days[start:end])
