"""Batches of purchases as tables: the products, and what each customer bought, cut into shards by customer.

The shard of a customer and the place in it follow from the pseudonym alone, so they stay when days are added.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir

PLACES = 1 << 16
"""Places of customers in a shard, in whose order a shard's rows are."""
DAY_S = 86_400


def product_table(purchases: ir.Table) -> ir.Table:
    """stock_code, description, price, baskets: one row a product.

    The description of a product is the one that most of its rows carry (the first in the alphabet of those
    that tie), its price the median of its rows, its baskets those (of a customer and day) that hold it.
    """
    import ibis

    described = purchases.filter(purchases.description != "")
    texts = described.group_by("stock_code", "description").agg(rows=described.count())
    best_first = [ibis.desc("rows"), ibis.asc("description")]
    best = ibis.row_number().over(group_by="stock_code", order_by=best_first)
    texts = texts.mutate(best=best).filter(lambda table: table.best == 0)
    prices = purchases.group_by("stock_code").agg(price=purchases.price.median())
    days = bought_table(purchases).group_by("stock_code").agg(baskets=lambda table: table.count())
    table = prices.join(days, "stock_code").left_join(texts, "stock_code")
    return table.select("stock_code", "description", "price", "baskets").order_by("stock_code")


def bought_table(purchases: ir.Table) -> ir.Table:
    """customer, day (since 1970-01-01), stock_code: a product counts once a day."""
    day = (purchases["at"].epoch_seconds() // DAY_S).cast("int32")
    return purchases.select("customer", "stock_code", day=day).distinct()


def shard_table(purchases: ir.Table, products: ir.Table, shards: int) -> ir.Table:
    """shard, place, customer, day, product, in this order.

    Args:
        purchases: columns of ``training.transfer.batch.SCHEMA``.
        products: stock_code and number.
        shards: how many.
    """
    bought = bought_table(purchases).join(products.select("stock_code", "number"), "stock_code")
    rows = bought.select(
        shard=(_digits(bought.customer, 0) % shards).cast("int32"),
        place=(_digits(bought.customer, 4) % PLACES).cast("int32"),
        customer=bought.customer,
        day=bought.day,
        product=bought.number.cast("int32"),
    )
    return rows.order_by("shard", "place", "customer", "day", "product")


def example_table(bought: ir.Table) -> ir.Table:
    """shard, place, orders, examples, known: one row a shard and place of ``shard_table``.

    ``examples`` are those that ``training.features.example_features`` makes, ``known`` the purchases before
    the days of all of them: what they take to count.
    """
    import ibis

    baskets = bought.group_by("shard", "place", "customer", "day").agg(products=bought.count())
    so_far = ibis.cumulative_window(group_by="customer", order_by="day")
    earlier = baskets.products.sum().over(so_far)
    baskets = baskets.mutate(before=earlier - baskets.products)
    examples = (baskets.before > 0).cast("int64") + (baskets.products > 1).cast("int64")
    baskets = baskets.mutate(examples=examples)
    return baskets.group_by("shard", "place").agg(
        orders=baskets.count(),
        examples=baskets.examples.sum(),
        known=(baskets.examples * baskets.before).sum(),
    )


def _digits(text: ir.StringValue, first: int) -> ir.IntegerValue:
    """Four of a pseudonym's hexadecimal digits as one number; any other letter is a digit, too."""
    import ibis

    digits = ibis.literal("0123456789abcdef")
    number: ir.IntegerValue = (digits.find(text.substr(first, 1)) + 1).cast("int64")
    for place in range(first + 1, first + 4):
        number = number * 16 + (digits.find(text.substr(place, 1)) + 1).cast("int64")
    return number
