"""A customer with a product: how often, how long ago, in which baskets, and how well it fits the customer."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from training.ranking.history_snapshot import Floats, HistorySnapshot
from training.scorers import Rows


def pair_aggregates(
    snapshot: HistorySnapshot,
    customer: Rows,
    product: Rows,
    customers: dict[str, Floats],
    products: dict[str, Floats],
) -> dict[str, NDArray[np.generic]]:
    """By name, one number for each pair; NaN where the customer never bought the product."""
    pairs = _of_pairs(snapshot, customer, product)
    names = ("times", "quantity", "last_quantity", "weight20", "weight60", "weight180", "position")
    columns: dict[str, NDArray[np.generic]] = {
        name: pairs[name].to_numpy() for name in (*names, "first_position")
    }
    times = pairs["times"].to_numpy(float)
    columns["age"] = age = (snapshot.day - pairs["last"]).to_numpy(float)
    columns["first_age"] = (snapshot.day - pairs["first"]).to_numpy(float)
    gap = (pairs["last"] - pairs["first"]).to_numpy(float) / np.maximum(times - 1, 1)
    columns["gap"] = gap = np.where(times > 1, gap, np.nan)
    columns["overdue"] = age / (gap + 1)
    columns["share_of_baskets"] = times / customers["baskets"][customer]
    columns["share_since_first"] = times / (pairs["first_position"].to_numpy(float) + 1)
    columns["age_over_last"] = age / (customers["days_since_last"][customer] + 1)
    columns["in_last"] = _at(snapshot.last_basket, customer, product)
    columns["in_last_three"] = _at(snapshot.last_three, customer, product)
    columns["cancelled"] = _at(snapshot.taken_back, customer, product)
    spread = customers["price_spread"][customer] + 0.3
    columns["price_distance"] = (products["price"][product] - customers["price"][customer]) / spread
    columns["quantity_distance"] = products["quantity"][product] - customers["quantity"][customer]
    columns["popularity_distance"] = (
        np.log1p(products["popular400"])[product] - customers["popularity"][customer]
    )
    columns["freshness_distance"] = (
        np.log1p(products["days_on_sale"])[product] - customers["freshness"][customer]
    )
    return columns


def _of_pairs(snapshot: HistorySnapshot, customer: Rows, product: Rows) -> pd.DataFrame:
    """The rows of ``pairs``; NaN where the customer never bought the product."""
    keys = snapshot.pair_keys
    wanted = customer * snapshot.shape[1] + product
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    rows = snapshot.pairs.iloc[places].reset_index(drop=True)
    return rows.where(pd.Series(keys[places] == wanted), axis=0)


def _at(matrix: object, customer: Rows, product: Rows) -> Floats:
    """Values of a sparse matrix at pairs."""
    return np.asarray(matrix[customer, product], np.float32).ravel()  # type: ignore[index]
