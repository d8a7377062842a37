"""Purchases in memory, in shards as ``training.features.shards`` has them on disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.features.baskets import Histories, Purchases
from training.features.catalogue import Catalogue
from training.features.examples import Examples, Shape

PRODUCTS = 100


@dataclass(frozen=True)
class HeldHistories:
    """Customers dealt out to the shards in turn, and to the parts in turn after that."""

    by_customer: Mapping[str, Purchases]
    shards: int = 64
    parts: int = 1

    def histories(self, shards: Sequence[int], part: int | None = None) -> Histories:
        names = list(self.by_customer)
        chosen = [
            number
            for shard in shards
            for number in range(shard, len(names), self.shards)
            if part is None or number // self.shards % self.parts == part
        ]
        found = [self.by_customer[names[number]] for number in chosen]
        none = np.zeros(0, np.int32)
        return Histories(
            customers=np.array([names[number] for number in chosen], object),
            shards=np.array([number % self.shards for number in chosen], np.int32),
            splits=np.cumsum([0, *(len(each.products) for each in found)]).astype(np.int64),
            products=np.concatenate([none, *(each.products for each in found)]),
            days=np.concatenate([none, *(each.days for each in found)]),
        )

    @property
    def examples(self) -> npt.NDArray[np.int64]:
        counts = np.zeros((self.shards, self.parts), np.int64)
        for number, purchases in enumerate(self.by_customer.values()):
            sizes = np.unique(purchases.days, return_counts=True)[1]
            place = number % self.shards, number // self.shards % self.parts
            counts[place] += max(0, len(sizes) - 1) + int((sizes > 1).sum())
        return counts


def examples_of(source: HeldHistories, shape: Shape, seed: int) -> Examples:
    """The examples of some purchases, all products as popular as each other."""
    return Examples(source, shape, seed, np.ones(PRODUCTS + 1, np.int64))


def by_customer(purchases: pd.DataFrame, catalogue: Catalogue) -> dict[str, Purchases]:
    """Purchases (columns of a batch) by customer, a row at a time."""
    found: dict[str, set[tuple[int, int]]] = {}
    for customer, code, at in zip(
        purchases["customer"], purchases["stock_code"], purchases["at"], strict=True
    ):
        day = int(np.datetime64(at, "D").astype(int))
        if code in catalogue.index:
            found.setdefault(customer, set()).add((day, catalogue.index[code]))
    return {customer: purchases_of(sorted(pairs)) for customer, pairs in sorted(found.items())}


def purchases_of(pairs: Sequence[tuple[int, int]]) -> Purchases:
    """Days and products, oldest first."""
    return Purchases(
        np.array([product for _, product in pairs], np.int32), np.array([day for day, _ in pairs], np.int32)
    )
