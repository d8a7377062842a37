"""How a customer buys: how often, how much, again or new, at what price, what is popular or fresh."""

from __future__ import annotations

import numpy as np
import pandas as pd

from training.ranking.history_snapshot import Floats, HistorySnapshot


def customer_habits(past: HistorySnapshot, product: dict[str, Floats]) -> dict[str, Floats]:
    """Name to one number a customer.

    Args:
        past: what was known on the day.
        product: of ``product_habits``.
    """
    everyone = range(past.shape[0])
    known, pairs, baskets = past.known, past.pairs, past.baskets
    by_customer = known.groupby("customer")
    made = pd.DataFrame(
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
    made["price"] = price.mean()
    made["price_spread"] = price.std().fillna(0.7)
    made["products"] = pairs.groupby("customer").size()
    again = (pairs["times"] > 1).groupby(pairs["customer"]).sum()
    made["repeat_share"] = (again + 1) / (made["products"] + 8)
    made["basket_size"] = made["lines"] / made["baskets"]
    made["gap"] = (made["last"] - made["first"]) / (made["baskets"] - 1).clip(lower=1)
    made["days_since_last"] = past.day - made["last"]
    made["days_since_first"] = past.day - made["first"]
    made["overdue"] = made["days_since_last"] / (made["gap"] + 1)
    for days in (30, 90):
        recent = baskets[baskets["day"] >= past.day - days].groupby("customer").size()
        made[f"baskets{days}"] = recent.reindex(everyone).fillna(0)
    made["last_basket_size"] = np.asarray(past.last_basket.sum(1)).ravel()
    made["bought_before"] = _bought_before(past, made["first"]).reindex(everyone).fillna(0.3)
    for name, of in (("popularity", "popular400"), ("freshness", "days_on_sale")):
        told = pd.Series(np.log1p(product[of])[pairs["product"]])
        made[name] = told.groupby(pairs["customer"].to_numpy()).mean()
    made = made.drop(columns=["last", "first"])
    return {str(name): made[name].to_numpy(np.float32) for name in made}


def _bought_before(past: HistorySnapshot, first_day: pd.Series) -> pd.Series:
    """Share of the products of later baskets that the customer had bought before, shrunk to 0.3 of 10."""
    buys = past.buys.merge(past.pairs[["customer", "product", "first"]], on=["customer", "product"])
    later = buys[buys["day"] > buys["customer"].map(first_day)]
    again = (later["day"] > later["first"]).groupby(later["customer"])
    return (again.sum() + 3.0) / (again.size() + 10)
