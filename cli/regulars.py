"""Customers worth showing: those who come back, and buy for themselves rather than for a shop."""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from pathlib import Path

# Who buys more different products than this in a month buys for a shop.
_BULK = 60


def regulars(files: list[Path], count: int) -> list[str]:
    """The ``count`` customers of some by-day order files with the most days on which they bought.

    Ties go to the smaller number of products, then to the lower id, so the same orders name the same people.
    """
    days: dict[str, set[str]] = defaultdict(set)
    products: dict[str, set[str]] = defaultdict(set)
    for file in files:
        with gzip.open(file, "rt", newline="", encoding="utf-8") as lines:
            for row in csv.DictReader(lines):
                customer = row["CustomerID"].removesuffix(".0")
                if customer and not row["InvoiceNo"].startswith("C"):
                    days[customer].add(row["InvoiceDate"][:10])
                    products[customer].add(row["StockCode"])
    private = [customer for customer in days if len(products[customer]) <= _BULK]
    return sorted(private, key=lambda one: (-len(days[one]), len(products[one]), one))[:count]
