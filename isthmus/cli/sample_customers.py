"""Customers worth showing: those who come back, and buy for themselves rather than for a shop."""

from __future__ import annotations

import gzip
from collections import defaultdict
from pathlib import Path

from training.orders.format import OrdersFormat
from training.orders.rows import lines_of

# Who buys more different products than this in a month buys for a shop.
_BULK = 60


def sample_customers(files: list[Path], count: int, form: OrdersFormat | None = None) -> list[str]:
    """The ``count`` customers of some by-day order files with the most days on which they bought.

    Ties go to the smaller number of products, then to the lower id, so the same orders name the same people.
    """
    form = form or OrdersFormat()
    days: dict[str, set[str]] = defaultdict(set)
    products: dict[str, set[str]] = defaultdict(set)
    for file in files:
        lines = lines_of(gzip.decompress(file.read_bytes()), form)
        if lines is None:
            continue
        who, what, invoice = (
            lines.header.index(name)
            for name in (form.columns.customer, form.columns.product, form.columns.invoice)
        )
        for row in lines.rows:
            customer = form.customer(row[who])
            if customer and not form.cancels(row[invoice]):
                days[customer].add(file.name)
                products[customer].add(row[what])
    private = [customer for customer in days if len(products[customer]) <= _BULK]
    private.sort(key=lambda customer: (-len(days[customer]), len(products[customer]), customer))
    return private[:count]
