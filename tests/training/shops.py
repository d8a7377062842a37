"""Small order logs in the form of the source, written by rule so that what is right is known."""

from __future__ import annotations

import gzip
from datetime import date, timedelta
from pathlib import Path

import numpy as np

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
FIRST_DAY = date(2011, 9, 1)
SAMPLE = Path(__file__).parents[2] / "data" / "online-retail" / "by-day"


def write_day(folder: Path, day: date, lines: list[str]) -> None:
    """Write one by-day file."""
    folder.mkdir(parents=True, exist_ok=True)
    text = "\n".join([HEADER, *lines]) + "\n"
    (folder / f"{day}.csv.gz").write_bytes(gzip.compress(text.encode(), mtime=0))


def small_shop(folder: Path, days: int = 12, customers: int = 60, seed: int = 1) -> Path:
    """A shop of two tastes: even customers buy of products 0-19, odd ones of 20-39; all have favourites."""
    random = np.random.default_rng(seed)
    favourites = {
        customer: random.choice(20, 3, replace=False) + 20 * (customer % 2) for customer in range(customers)
    }
    invoice = 100_000
    for number in range(days):
        day = FIRST_DAY + timedelta(days=number)
        lines = []
        for customer in range(customers):
            if random.random() > 0.5:
                continue
            invoice += 1
            others = random.choice(20, 4, replace=False) + 20 * (customer % 2)
            for product in sorted({*favourites[customer].tolist(), *others.tolist()}):
                lines.append(
                    f"{invoice},{10_000 + product},PRODUCT {product:02} OF TASTE {product // 20},2,"
                    f"{day} 10:00:00,{1 + product / 10:.2f},{13_000 + customer}.0,United Kingdom"
                )
        write_day(folder, day, lines)
    return folder
