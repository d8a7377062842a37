"""How a product sells: popularity, first-time buyers, hazards of buying and of buying again, price."""

from __future__ import annotations

import numpy as np
import pandas as pd

from training.ranking.history_snapshot import Floats, HistorySnapshot

POPULARITY_DAYS = (3, 7, 14, 30, 60, 120, 400)
NEW_BUYER_DAYS = (7, 14, 30, 60)
HAZARD_DAYS = (30, 60)


def product_aggregates(snapshot: HistorySnapshot) -> dict[str, Floats]:
    """By name, one number for each product; popularity counts the baskets of unknown customers too."""
    products = snapshot.shape[1]

    def count(rows: pd.DataFrame) -> Floats:
        return np.bincount(rows["product"], minlength=products).astype(np.float32)

    lines, pairs = snapshot.lines, snapshot.pairs
    columns: dict[str, Floats] = {}
    for days in POPULARITY_DAYS:
        recent = lines[lines["day"] >= snapshot.day - days]
        columns[f"popular{days}"] = count(recent.drop_duplicates(["basket", "product"]))
    for days in NEW_BUYER_DAYS:
        columns[f"new_buyers{days}"] = count(pairs[pairs["first"] >= snapshot.day - days])
    for days in HAZARD_DAYS:
        again, new = _hazards(snapshot, days)
        columns[f"bought_again{days}"], columns[f"bought_new{days}"] = again, new
    month = lines[lines["day"] >= snapshot.day - 30]
    columns["days_sold30"] = count(month.drop_duplicates(["product", "day"]))
    columns["trend7"] = (columns["popular7"] * 30 + 1) / (columns["popular30"] * 7 + 10)
    columns["trend14"] = (columns["popular14"] * 60 + 1) / (columns["popular60"] * 14 + 10)
    columns["trend30"] = (columns["popular30"] * 120 + 1) / (columns["popular120"] * 30 + 10)
    by_product = lines.groupby("product")
    all_products = range(products)
    last_sold, first_sold = by_product["day"].max(), by_product["day"].min()
    columns["days_since_sold"] = (snapshot.day - last_sold.reindex(all_products)).to_numpy(np.float32)
    columns["days_on_sale"] = (snapshot.day - first_sold.reindex(all_products)).to_numpy(np.float32)
    price = by_product["price"].median().reindex(all_products)
    recent_price = month.groupby("product")["price"].median().reindex(all_products).fillna(price)
    columns["price"] = np.log(price.to_numpy(np.float64)).astype(np.float32)
    columns["discount"] = np.log((recent_price / price).to_numpy(np.float64)).astype(np.float32)
    quantity = snapshot.known.groupby("product")["quantity"].median().reindex(all_products)
    columns["quantity"] = np.log(quantity.to_numpy(np.float64)).astype(np.float32)
    columns["repeat_share"] = (count(pairs[pairs["times"] > 1]) + 1) / (snapshot.buyers + 8)
    columns["buyers"] = snapshot.buyers
    return columns


def _hazards(snapshot: HistorySnapshot, days: int) -> tuple[Floats, Floats]:
    """Shares of owners and of others who bought each product in the last ``days`` days.

    Only customers count who were active in these days and known before. Owners are shrunk to 8 % of 8 owners,
    others by one.
    """
    customers, products = snapshot.shape
    start = snapshot.day - days
    pairs = snapshot.pairs
    owned = pairs[pairs["first"] < start]
    bought = snapshot.since(days).drop_duplicates(["customer", "product"])
    active = np.zeros(customers, bool)
    active[bought["customer"]] = True
    old = np.zeros(customers, bool)
    old[owned["customer"]] = True
    active &= old

    def count(rows: pd.DataFrame) -> Floats:
        active_rows = rows[active[rows["customer"].to_numpy()]]
        return np.bincount(active_rows["product"], minlength=products).astype(np.float32)

    owners, again = count(owned), count(owned[owned["last"] >= start])
    new = count(bought) - again
    return (again + np.float32(0.64)) / (owners + 8), new / (active.sum() - owners + 1).astype(np.float32)
