"""A small made-up shop: customers have a taste each, some buy without a name, some take things back."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

FIRST = date(2020, 1, 1).toordinal()
TASTES, PRODUCTS_OF_A_TASTE, CUSTOMERS = 6, 10, 72
WORDS = ("red mug", "blue lamp", "tin box", "paper bag", "glass star", "wood toy")


def rows(days: int, seed: int = 1) -> pd.DataFrame:
    """Cleaned rows of ``days`` days from FIRST on, as ``Orders.of`` takes them."""
    random = np.random.default_rng(seed)
    products = [f"{20000 + number * 3}{'' if number % 2 else 'A'}" for number in range(TASTES * 10)]
    lines = []
    for day in range(FIRST, FIRST + days):
        for customer in random.choice(CUSTOMERS, 9, replace=False):
            taste = customer % TASTES
            own = taste * PRODUCTS_OF_A_TASTE + random.choice(PRODUCTS_OF_A_TASTE, 3, replace=False)
            basket = np.unique([*own, random.integers(len(products))])
            for number in basket:
                lines.append(
                    {
                        "invoice": f"{day}-{customer}",
                        "customer": "" if random.random() < 0.05 else f"c{customer:03d}",
                        "product": products[number],
                        "text": f"{WORDS[number // PRODUCTS_OF_A_TASTE]} {number % 4}",
                        "day": day,
                        "quantity": float(random.integers(1, 9)),
                        "price": round(0.5 + 0.1 * number, 2),
                        "abroad": customer % 7 == 0,
                        "cancelled": random.random() < 0.02,
                    }
                )
    return pd.DataFrame(lines)
