"""The tables of a history as expressions: baskets, what was bought in each, and each pair with its past.

They begin with the lines of known customers (``Orders.lines`` without cancellations). Whatever an order or a
tie decides is told by columns, so every engine decides it alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir

DECAYS = (20, 60, 180)
"""Days after which a purchase weighs 1 / e."""
UNIT = 2.0**44
"""Weights are counted in its inverse: 262,144 purchases of a product by a customer still add up."""


def basket_table(known: ir.Table) -> ir.Table:
    """One row a customer and basket: its first day, and how many baskets of the customer came since."""
    import ibis

    baskets = known.group_by("customer", "basket").agg(day=known.day.min())
    newest_first = [ibis.desc("day"), ibis.desc("basket")]
    position = ibis.row_number().over(group_by="customer", order_by=newest_first)
    return baskets.mutate(position=position.cast("int32"))


def buy_table(known: ir.Table, baskets: ir.Table) -> ir.Table:
    """One row a customer, product and basket: day, quantity, position of the basket."""
    buys = known.group_by("customer", "product", "basket").agg(
        day=known.day.min(), quantity=known.quantity.sum()
    )
    return buys.join(baskets.select("customer", "basket", "position"), ["customer", "basket"])


def pair_table(buys: ir.Table, day: int) -> ir.Table:
    """One row a customer and product: times, last, first, quantity, last_quantity, weights, positions."""
    age = day - buys.day
    weights = {
        f"weight{days}": ((-age.cast("float64") / days).exp() * UNIT).round().cast("int64").sum()
        for days in DECAYS
    }
    return buys.group_by("customer", "product").agg(
        times=buys.count(),
        last=buys.day.max(),
        first=buys.day.min(),
        quantity=buys.quantity.sum(),
        last_quantity=buys.quantity.argmax(buys.basket),
        **weights,
        position=buys.position.min(),
        first_position=buys.position.max(),
    )
