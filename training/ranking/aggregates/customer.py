"""How a customer buys: how often, how much, again or new, at what price, what is popular or fresh."""

from __future__ import annotations

import numpy as np
import pandas as pd

from training.ranking.history_snapshot import Floats, HistorySnapshot


def customer_aggregates(snapshot: HistorySnapshot, products: dict[str, Floats]) -> dict[str, Floats]:
    """By name, one number for each customer.

    Args:
        snapshot: what was known on the day.
        products: what ``product_aggregates`` gives.
    """
    all_customers = range(snapshot.shape[0])
    known, pairs, baskets = snapshot.known, snapshot.pairs, snapshot.baskets
    by_customer = known.groupby("customer")
    columns = pd.DataFrame(
        {
            "baskets": by_customer["basket"].nunique(),
            "last": by_customer["day"].max(),
            "first": by_customer["day"].min(),
            "lines": by_customer.size(),
            "quantity": np.log(by_customer["quantity"].median()),
            "abroad": by_customer["abroad"].max().astype(float),
        }
    )
    price = np.log(known["price"].clip(lower=0.01)).groupby(known["customer"])
    columns["price"] = price.mean()
    columns["price_spread"] = price.std().fillna(0.7)
    columns["products"] = pairs.groupby("customer").size()
    again = (pairs["times"] > 1).groupby(pairs["customer"]).sum()
    columns["repeat_share"] = (again + 1) / (columns["products"] + 8)
    columns["basket_size"] = columns["lines"] / columns["baskets"]
    columns["gap"] = (columns["last"] - columns["first"]) / (columns["baskets"] - 1).clip(lower=1)
    columns["days_since_last"] = snapshot.day - columns["last"]
    columns["days_since_first"] = snapshot.day - columns["first"]
    columns["overdue"] = columns["days_since_last"] / (columns["gap"] + 1)
    for days in (30, 90):
        recent = baskets[baskets["day"] >= snapshot.day - days].groupby("customer").size()
        columns[f"baskets{days}"] = recent.reindex(all_customers).fillna(0)
    columns["last_basket_size"] = np.asarray(snapshot.last_basket.sum(1)).ravel()
    columns["bought_before"] = _bought_before(snapshot, columns["first"]).reindex(all_customers).fillna(0.3)
    for name, column in (("popularity", "popular400"), ("freshness", "days_on_sale")):
        logarithm = pd.Series(np.log1p(products[column])[pairs["product"]])
        columns[name] = logarithm.groupby(pairs["customer"].to_numpy()).mean()
    columns = columns.drop(columns=["last", "first"])
    return {str(name): columns[name].to_numpy(np.float32) for name in columns}


def _bought_before(snapshot: HistorySnapshot, first_day: pd.Series) -> pd.Series:
    """Share of the products of later baskets that the customer had bought before, shrunk to 0.3 of 10."""
    buys = snapshot.buys.merge(snapshot.pairs[["customer", "product", "first"]], on=["customer", "product"])
    later = buys[buys["day"] > buys["customer"].map(first_day)]
    again = (later["day"] > later["first"]).groupby(later["customer"])
    return (again.sum() + 3.0) / (again.size() + 10)
