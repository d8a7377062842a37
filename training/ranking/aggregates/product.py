"""How a product sells: popularity, first-time buyers, hazards of buying and of buying again, price."""

from __future__ import annotations

import numpy as np
import pandas as pd

from training.ranking.history_snapshot import Floats, HistorySnapshot

POPULARITY_DAYS = (3, 7, 14, 30, 60, 120, 400)
NEW_BUYER_DAYS = (7, 14, 30, 60)
HAZARD_DAYS = (30, 60)


def product_habits(past: HistorySnapshot) -> dict[str, Floats]:
    """Name to one number a product; popularity counts the baskets of customers without a name too."""
    products = past.shape[1]

    def count(rows: pd.DataFrame) -> Floats:
        return np.bincount(rows["product"], minlength=products).astype(np.float32)

    lines, pairs = past.lines, past.pairs
    made: dict[str, Floats] = {}
    for days in POPULARITY_DAYS:
        recent = lines[lines["day"] >= past.day - days]
        made[f"popular{days}"] = count(recent.drop_duplicates(["basket", "product"]))
    for days in NEW_BUYER_DAYS:
        made[f"new_buyers{days}"] = count(pairs[pairs["first"] >= past.day - days])
    for days in HAZARD_DAYS:
        again, new = _hazards(past, days)
        made[f"bought_again{days}"], made[f"bought_new{days}"] = again, new
    month = lines[lines["day"] >= past.day - 30]
    made["days_sold30"] = count(month.drop_duplicates(["product", "day"]))
    made["trend7"] = (made["popular7"] * 30 + 1) / (made["popular30"] * 7 + 10)
    made["trend14"] = (made["popular14"] * 60 + 1) / (made["popular60"] * 14 + 10)
    made["trend30"] = (made["popular30"] * 120 + 1) / (made["popular120"] * 30 + 10)
    by_product = lines.groupby("product")
    everything = range(products)
    made["days_since_sold"] = (past.day - by_product["day"].max().reindex(everything)).to_numpy(np.float32)
    made["days_on_sale"] = (past.day - by_product["day"].min().reindex(everything)).to_numpy(np.float32)
    price = by_product["price"].median().reindex(everything)
    recent_price = month.groupby("product")["price"].median().reindex(everything).fillna(price)
    made["price"] = np.log(price.to_numpy(np.float64)).astype(np.float32)
    made["discount"] = np.log((recent_price / price).to_numpy(np.float64)).astype(np.float32)
    quantity = past.known.groupby("product")["quantity"].median().reindex(everything)
    made["quantity"] = np.log(quantity.to_numpy(np.float64)).astype(np.float32)
    made["repeat_share"] = (count(pairs[pairs["times"] > 1]) + 1) / (past.buyers + 8)
    made["buyers"] = past.buyers
    return made


def _hazards(past: HistorySnapshot, days: int) -> tuple[Floats, Floats]:
    """Shares of owners and of others who bought each product in the last ``days`` days.

    Of the customers who were active in them and known before. Shrunk to 8 % of 8 owners, and by one other.
    """
    customers, products = past.shape
    start = past.day - days
    pairs = past.pairs
    owned = pairs[pairs["first"] < start]
    bought = past.since(days).drop_duplicates(["customer", "product"])
    active = np.zeros(customers, bool)
    active[bought["customer"]] = True
    old = np.zeros(customers, bool)
    old[owned["customer"]] = True
    active &= old

    def count(rows: pd.DataFrame) -> Floats:
        of_active = rows[active[rows["customer"].to_numpy()]]
        return np.bincount(of_active["product"], minlength=products).astype(np.float32)

    owners, again = count(owned), count(owned[owned["last"] >= start])
    new = count(bought) - again
    return (again + np.float32(0.64)) / (owners + 8), new / (active.sum() - owners + 1).astype(np.float32)
