"""The window of a release and the days after it, read from the raw orders.

This runs in the private site, where the key and the countries are.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from training.errors import TrainingError
from training.orders.judging import UNCHANGED
from training.orders.reading import clean_days
from training.orders.schema import customers
from training.orders.source import OrderSource
from training.release import Customers, read, read_products
from training.transfer.pseudonym import Pseudonyms
from training.validation.interaction_matrix import InteractionMatrix, interaction_matrix_of

LEAST_SHARE = 0.9
"""Least share of the release's customers to find; with fewer, the key or the orders are not the release's."""


def read_window(source: OrderSource, pseudonyms: Pseudonyms, release: Path) -> InteractionMatrix:
    """The purchases of a release's window, cleaned and pseudonymous as in the transfer.

    Raises:
        TrainingError: when these are not the orders, or this is not the key, that the release was made with.
    """
    window = read(release).window
    days = [day for day in source.days() if window.first_day <= day <= window.last_day]
    if not days:
        raise TrainingError(
            f"{source.url} has no orders from {window.first_day} to {window.last_day}, which the release "
            "learned from; name the orders it was made of"
        )
    pseudonym_of, countries = dict[str, str](), dict[str, str]()
    has_country = source.settings.columns.country is not None

    def purchases() -> Iterator[pd.DataFrame]:
        for cleaned in clean_days(source, days, UNCHANGED):
            bought = cleaned.purchases[["customer", "stock_code", "quantity", "at"]]
            for name in set(bought["customer"]) - set(pseudonym_of):
                pseudonym_of[name] = pseudonyms.customer(name)
            if has_country:
                rows = cleaned.source.rows
                names = customers(rows["CustomerID"].str.strip(), source.settings)
                countries.update(zip(names, rows["Country"].str.strip(), strict=True))
            yield bought.assign(customer=bought["customer"].map(pseudonym_of))

    index = {product.product_code: product.index for product in read_products(release)}
    day_after = int(np.datetime64(window.last_day, "D").astype(int)) + 1
    found = interaction_matrix_of(purchases(), index, day_after)
    known = set(Customers.read(release))
    named = len(known & set(pseudonym_of.values()))
    if named < LEAST_SHARE * len(known):
        raise TrainingError(
            f"{source.url} names {named} of the release's {len(known)} customers: "
            "PSEUDONYM_KEY or the orders are not those it was made with; run transfer and training again"
        )
    if not has_country:
        return found
    return found.with_countries({pseudonym: countries[name] for name, pseudonym in pseudonym_of.items()})


def read_holdout(source: OrderSource, pseudonyms: Pseudonyms, release: Path, days: int) -> pd.DataFrame:
    """The purchases of up to ``days`` calendar days after a release's window: customer, stock_code, at.

    Raises:
        TrainingError: when there are none.
    """
    last = read(release).window.last_day
    later = [day for day in source.days() if last < day <= last + timedelta(days=days)]
    frames = [
        cleaned.purchases[["customer", "stock_code", "at"]]
        for cleaned in clean_days(source, later, UNCHANGED)
    ]
    if not frames:
        raise TrainingError(
            f"{source.url} has no orders of the {days} days after {last}, the last that the release learned "
            "from, so there is nothing to judge it on; name orders that go on longer"
        )
    purchases = pd.concat(frames, ignore_index=True)
    pseudonym_of = {name: pseudonyms.customer(name) for name in purchases["customer"].unique()}
    return purchases.assign(customer=purchases["customer"].map(pseudonym_of))
