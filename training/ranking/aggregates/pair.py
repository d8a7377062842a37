"""A customer with a product: how often, how long ago, in which baskets, and how well it fits the habits."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from training.ranking.history_snapshot import Floats, HistorySnapshot
from training.ranking.scores import Rows


def pair_habits(
    past: HistorySnapshot,
    customer: Rows,
    product: Rows,
    customers: dict[str, Floats],
    products: dict[str, Floats],
) -> dict[str, NDArray[np.generic]]:
    """Name to one number a pair; missing (NaN) where the customer never bought the product."""
    pairs = pd.DataFrame({"customer": customer, "product": product}).merge(
        past.pairs, on=["customer", "product"], how="left"
    )
    names = ("times", "quantity", "last_quantity", "weight20", "weight60", "weight180", "position")
    made: dict[str, NDArray[np.generic]] = {
        name: pairs[name].to_numpy() for name in (*names, "first_position")
    }
    times = pairs["times"].to_numpy(float)
    made["age"] = age = (past.day - pairs["last"]).to_numpy(float)
    made["first_age"] = (past.day - pairs["first"]).to_numpy(float)
    gap = (pairs["last"] - pairs["first"]).to_numpy(float) / np.maximum(times - 1, 1)
    made["gap"] = gap = np.where(times > 1, gap, np.nan)
    made["overdue"] = age / (gap + 1)
    made["share_of_baskets"] = times / customers["baskets"][customer]
    made["share_since_first"] = times / (pairs["first_position"].to_numpy(float) + 1)
    made["age_over_last"] = age / (customers["days_since_last"][customer] + 1)
    made["in_last"] = _at(past.last_basket, customer, product)
    made["in_last_three"] = _at(past.last_three, customer, product)
    orders = past.orders
    taken = pd.DataFrame({"customer": orders.customer, "product": orders.product})[orders.cancelled]
    made["cancelled"] = _at(past.matrix(taken, np.ones(len(taken))), customer, product)
    spread = customers["price_spread"][customer] + 0.3
    made["price_distance"] = (products["price"][product] - customers["price"][customer]) / spread
    made["quantity_distance"] = products["quantity"][product] - customers["quantity"][customer]
    made["popularity_distance"] = (
        np.log1p(products["popular400"])[product] - customers["popularity"][customer]
    )
    made["freshness_distance"] = (
        np.log1p(products["days_on_sale"])[product] - customers["freshness"][customer]
    )
    return made


def _at(matrix: object, customer: Rows, product: Rows) -> Floats:
    """Values of a sparse matrix at pairs."""
    return np.asarray(matrix[customer, product], np.float32).ravel()  # type: ignore[index]
