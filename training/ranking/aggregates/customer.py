"""How a customer buys: how often, how much, again or new, at what price, what is popular or fresh."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from training.ranking.history_snapshot import Floats, HistorySnapshot
from training.ranking.order_table import LOG_PRICE, QUANTITY

if TYPE_CHECKING:
    import ibis.expr.types as ir

RECENT_DAYS = (30, 90)


def customer_aggregates(snapshot: HistorySnapshot, products: dict[str, Floats]) -> dict[str, Floats]:
    """By name, one number for each customer.

    Args:
        snapshot: what was known on the day.
        products: what ``product_aggregates`` gives.
    """
    tables = (_lines(snapshot), _pairs(snapshot), _baskets(snapshot), _buys(snapshot))
    found = pd.concat([_by_customer(snapshot, table) for table in tables], axis=1)
    columns = found[["baskets", "lines"]].copy()
    columns["quantity"] = np.log(found["quantity"] / QUANTITY)
    columns["abroad"] = found["abroad"].astype(float)
    columns["price"] = found["price_sum"] / found["lines"] / LOG_PRICE
    columns["price_spread"] = _spread(found)
    columns["products"] = found["products"]
    columns["repeat_share"] = (found["repeated"] + 1) / (found["products"] + 8)
    columns["basket_size"] = found["lines"] / found["baskets"]
    columns["gap"] = (found["last"] - found["first"]) / (found["baskets"] - 1).clip(lower=1)
    columns["days_since_last"] = snapshot.day - found["last"]
    columns["days_since_first"] = snapshot.day - found["first"]
    columns["overdue"] = columns["days_since_last"] / (columns["gap"] + 1)
    for days in RECENT_DAYS:
        columns[f"baskets{days}"] = found[f"baskets{days}"]
    columns["last_basket_size"] = found["last_basket_size"]
    # Share of the products of later baskets that the customer had bought before, shrunk to 0.3 of 10.
    columns["bought_before"] = (found["again"] + 3.0) / (found["later"] + 10)
    pairs = snapshot.pairs
    for name, column in (("popularity", "popular400"), ("freshness", "days_on_sale")):
        logarithms = np.log1p(products[column])[pairs["product"]]
        sums = np.bincount(pairs["customer"], logarithms, minlength=len(columns))
        columns[name] = sums / found["products"]
    return {str(name): columns[name].to_numpy(np.float32) for name in columns}


def _lines(snapshot: HistorySnapshot) -> ir.Table:
    known = snapshot.known
    price = known.log_price
    return known.group_by("customer").agg(
        baskets=known.basket.nunique(),
        last=known.day.max(),
        first=known.day.min(),
        lines=known.count(),
        quantity=known.quantity.median(),
        abroad=known.abroad.any(),
        price_sum=price.sum(),
        price_squares=(price * price).sum(),
    )


def _pairs(snapshot: HistorySnapshot) -> ir.Table:
    pairs = snapshot.pair_table
    return pairs.group_by("customer").agg(products=pairs.count(), repeated=pairs.count(where=pairs.times > 1))


def _baskets(snapshot: HistorySnapshot) -> ir.Table:
    baskets = snapshot.basket_table
    return baskets.group_by("customer").agg(
        **{f"baskets{days}": baskets.count(where=baskets.day >= snapshot.day - days) for days in RECENT_DAYS}
    )


def _buys(snapshot: HistorySnapshot) -> ir.Table:
    """Products of the last basket; purchases after the first day, and those of what had been bought."""
    pairs = snapshot.pair_table
    begun = pairs.group_by("customer").agg(begun=pairs.first.min())
    buys = snapshot.buy_table.join(pairs.select("customer", "product", "first"), ["customer", "product"])
    buys = buys.join(begun, "customer")
    later = buys.day > buys.begun
    return buys.group_by("customer").agg(
        last_basket_size=buys.count(where=buys.position == 0),
        later=buys.count(where=later),
        again=buys.count(where=later & (buys.day > buys.first)),
    )


def _by_customer(snapshot: HistorySnapshot, table: ir.Table) -> pd.DataFrame:
    """A row for each customer, in their order; all of them have bought something."""
    return snapshot.frame(table.order_by("customer")).drop(columns="customer")


def _spread(found: pd.DataFrame) -> pd.Series:
    """Standard deviation of the logarithms of the prices; 0.7 where there is one line alone."""
    lines, total, squares = (found[name].to_numpy(object) for name in ("lines", "price_sum", "price_squares"))
    # In whole numbers, as equal prices must have no spread at all.
    variance = (lines * squares - total * total) / np.maximum(lines * (lines - 1), 1)
    spread = pd.Series(np.sqrt(variance.astype(np.float64)) / LOG_PRICE, index=found.index)
    return spread.where(found["lines"] > 1, 0.7)
