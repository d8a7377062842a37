"""How a product sells: popularity, first-time buyers, hazards of buying and of buying again, price."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.ranking.history_snapshot import Floats, HistorySnapshot
from training.ranking.order_table import PRICE, QUANTITY

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd

POPULARITY_DAYS = (3, 7, 14, 30, 60, 120, 400)
NEW_BUYER_DAYS = (7, 14, 30, 60)
HAZARD_DAYS = (30, 60)


def product_aggregates(snapshot: HistorySnapshot) -> dict[str, Floats]:
    """By name, one number for each product; popularity counts the baskets of unknown customers too."""
    sales, popularity, buyers = _sales(snapshot), _popularity(snapshot), _buyers(snapshot)
    columns: dict[str, Floats] = {str(name): popularity[name].to_numpy(np.float32) for name in popularity}
    columns |= {
        f"new_buyers{days}": buyers[f"new_buyers{days}"].to_numpy(np.float32) for days in NEW_BUYER_DAYS
    }
    for days in HAZARD_DAYS:
        again, new = _hazards(buyers, days)
        columns[f"bought_again{days}"], columns[f"bought_new{days}"] = again, new
    columns["days_sold30"] = sales["days_sold30"].to_numpy(np.float32)
    columns["trend7"] = (columns["popular7"] * 30 + 1) / (columns["popular30"] * 7 + 10)
    columns["trend14"] = (columns["popular14"] * 60 + 1) / (columns["popular60"] * 14 + 10)
    columns["trend30"] = (columns["popular30"] * 120 + 1) / (columns["popular120"] * 30 + 10)
    columns["days_since_sold"] = (snapshot.day - sales["last"]).to_numpy(np.float32)
    columns["days_on_sale"] = (snapshot.day - sales["first"]).to_numpy(np.float32)
    price = sales["price"].to_numpy(np.float64)
    recent = sales["recent_price"].fillna(sales["price"]).to_numpy(np.float64)
    columns["price"] = np.log(price / PRICE).astype(np.float32)
    columns["discount"] = np.log(recent / price).astype(np.float32)
    columns["quantity"] = np.log(sales["quantity"].to_numpy(np.float64) / QUANTITY).astype(np.float32)
    columns["repeat_share"] = (buyers["repeated"].to_numpy(np.float32) + 1) / (snapshot.buyers + 8)
    columns["buyers"] = snapshot.buyers
    return columns


def _sales(snapshot: HistorySnapshot) -> pd.DataFrame:
    """Days and prices of each product's lines; every product has some, of known customers too."""
    import ibis

    sold = snapshot.sold
    month, price, quantity = sold.day >= snapshot.day - 30, sold.price, sold.quantity
    return _by_product(
        snapshot,
        sold.group_by("product").agg(
            last=sold.day.max(),
            first=sold.day.min(),
            days_sold30=sold.day.nunique(where=month),
            price=price.median(),
            recent_price=ibis.ifelse(month, price, ibis.null(price.type())).median(),
            quantity=ibis.ifelse(sold.customer >= 0, quantity, ibis.null(quantity.type())).median(),
        ),
    )


def _popularity(snapshot: HistorySnapshot) -> pd.DataFrame:
    """Baskets of the last days with each product."""
    sold = snapshot.sold
    baskets = sold.group_by("basket", "product").agg(last=sold.day.max())
    counts = {
        f"popular{days}": baskets.count(where=baskets.last >= snapshot.day - days) for days in POPULARITY_DAYS
    }
    return _by_product(snapshot, baskets.group_by("product").agg(**counts)).drop(columns="product")


def _buyers(snapshot: HistorySnapshot) -> pd.DataFrame:
    """Counts of customers by product: new ones, those who came again, and what ``_hazards`` needs."""
    pairs, day = snapshot.pair_table, snapshot.day
    customers = pairs.group_by("customer").agg(newest=pairs.last.max(), oldest=pairs.first.min())
    known = pairs.join(customers, "customer")
    counts = {f"new_buyers{days}": known.count(where=known.first >= day - days) for days in NEW_BUYER_DAYS}
    for days in HAZARD_DAYS:
        start = day - days
        active = (known.newest >= start) & (known.oldest < start)
        owned, bought = active & (known.first < start), known.last >= start
        counts[f"owners{days}"] = known.count(where=owned)
        counts[f"again{days}"] = known.count(where=owned & bought)
        counts[f"bought{days}"] = known.count(where=active & bought)
    counts["repeated"] = known.count(where=known.times > 1)
    found = _by_product(snapshot, known.group_by("product").agg(**counts))
    active_counts = {
        f"active{days}": customers.count(
            where=(customers.newest >= day - days) & (customers.oldest < day - days)
        )
        for days in HAZARD_DAYS
    }
    all_customers = snapshot.frame(customers.aggregate(**active_counts))
    return found.assign(**{name: int(all_customers[name][0]) for name in active_counts})


def _hazards(buyers: pd.DataFrame, days: int) -> tuple[Floats, Floats]:
    """Shares of owners and of others who bought each product in the last ``days`` days.

    Only customers count who were active in these days and known before. Owners are shrunk to 8 % of 8 owners,
    others by one.
    """
    owners, again, bought = (
        buyers[f"{name}{days}"].to_numpy(np.float32) for name in ("owners", "again", "bought")
    )
    others = (buyers[f"active{days}"].to_numpy() - owners + 1).astype(np.float32)
    return (again + np.float32(0.64)) / (owners + 8), (bought - again) / others


def _by_product(snapshot: HistorySnapshot, table: ir.Table) -> pd.DataFrame:
    """A row for each product, in their order."""
    return snapshot.frame(table.order_by("product"))
