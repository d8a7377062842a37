"""A shop of any size, written by rule: popularity by Zipf, tastes, repeat buying, things that go together.

Unlike ``second_shop`` it has as many customers and products as are asked for, so that what grows with them
can be tested and measured. The same arguments write the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.training.shops import write_day

COLOURS = ("RED", "BLUE", "GREEN", "WHITE", "PINK", "BLACK", "GOLD", "SILVER")
THINGS = ("MUG", "LAMP", "BAG", "BOX", "STAR", "CLOCK", "TIN", "SIGN", "BELL", "HEART", "BOWL", "CARD")


@dataclass(frozen=True)
class Size:
    """How large a shop is, and how its customers buy.

    Attributes:
        customers: who buy at least once.
        products: of which nearly all are bought.
        baskets: in all days together.
        days: calendar days, all with orders.
        lines: mean lines of a basket.
        again: share of the lines that the customer had bought before.
        together: share of the lines that go with the line before.
    """

    customers: int
    products: int
    baskets: int
    days: int
    lines: float = 15.0
    again: float = 0.35
    together: float = 0.2


SMALL_SHOP = Size(customers=14_000, products=12_000, baskets=77_000, days=166)
"""A small shop by the measure of a real one."""


def made_shop(folder: Path, size: Size, first_day: date = date(2011, 1, 3), seed: int = 1) -> Path:
    """Write one gzip CSV a day in the columns of the source, and return the folder."""
    random = np.random.default_rng(seed)
    tastes = max(size.products // 60, 2)
    popularity = 1.0 / np.arange(1, size.products + 1) ** 0.8
    popularity /= popularity.sum()
    taste_of = random.integers(tastes, size=size.products)
    of_taste = _shares_of_tastes(popularity, taste_of, tastes)
    own_tastes = random.integers(tastes, size=(size.customers, 3))
    buyers = _buyers(random, size)
    day_of = np.sort(random.integers(size.days, size=size.baskets))
    number_of_lines = 1 + random.poisson(random.gamma(2.0, (size.lines - 1) / 2, size.baskets))
    prices = np.round(random.lognormal(0.7, 0.8, size.products) + 0.1, 2)
    history: list[list[int]] = [[] for _ in range(size.customers)]
    written: list[str] = []
    for basket in range(size.baskets):
        customer, day = int(buyers[basket]), int(day_of[basket])
        at = first_day + timedelta(days=day)
        products = _basket(
            random, size, history[customer], own_tastes[customer], of_taste, number_of_lines[basket]
        )
        history[customer].extend(products)
        named = f"{13_000 + customer}.0" if random.random() > 0.1 else ""
        country = "France" if customer % 11 == 0 else "United Kingdom"
        back = bool(named) and random.random() < 0.03
        quantities = random.geometric(0.3, len(products))
        for product, quantity in zip(products, quantities, strict=True):
            written.append(_line(500_000 + basket, product, quantity, at, prices[product], named, country))
        if back:
            line = _line(
                500_000 + basket, products[0], -quantities[0], at, prices[products[0]], named, country
            )
            written.append(f"C{line}")
        if basket + 1 == size.baskets or day_of[basket + 1] != day:
            write_day(folder, at, written)
            written = []
    return folder


def _shares_of_tastes(
    popularity: NDArray[np.float64], taste_of: NDArray[np.int64], tastes: int
) -> list[tuple[NDArray[np.int64], NDArray[np.float64]]]:
    """The products of each taste, and their summed shares; the first entry is of all products."""
    groups = [np.arange(len(popularity)), *(np.flatnonzero(taste_of == taste) for taste in range(tastes))]
    filled = [group if len(group) else groups[0] for group in groups]
    return [(group, np.cumsum(popularity[group]) / popularity[group].sum()) for group in filled]


def _buyers(random: np.random.Generator, size: Size) -> NDArray[np.int64]:
    """The customer of each basket: everyone once, the rest by a long-tailed activity."""
    activity = random.lognormal(0.0, 1.0, size.customers)
    more = random.choice(size.customers, size.baskets - size.customers, p=activity / activity.sum())
    buyers: NDArray[np.int64] = random.permutation(np.concatenate([np.arange(size.customers), more]))
    return buyers


def _basket(
    random: np.random.Generator,
    size: Size,
    bought: list[int],
    tastes: NDArray[np.int64],
    of_taste: list[tuple[NDArray[np.int64], NDArray[np.float64]]],
    lines: int,
) -> list[int]:
    """Products of one basket, each once, in the order they were taken."""
    kinds, draws = random.random(lines), random.random(lines)
    taken: dict[int, None] = {}
    last = -1
    for kind, draw in zip(kinds.tolist(), draws.tolist(), strict=True):
        if kind < size.again and bought:
            last = bought[int(draw * len(bought))]
        elif kind < size.again + size.together and last >= 0:
            last = (last + 1 + int(draw * 3)) % size.products
        else:
            taste = 0 if kind > 0.85 else 1 + int(tastes[int(kind * 1000) % len(tastes)])
            products, shares = of_taste[taste]
            last = int(products[min(np.searchsorted(shares, draw), len(products) - 1)])
        taken[last] = None
    return list(taken)


def _line(
    invoice: int, product: int, quantity: int, at: date, price: float, customer: str, country: str
) -> str:
    text = f"{COLOURS[product % 8]} {THINGS[product // 8 % 12]} NUMBER {product // 96}"
    return f"{invoice},{10_000 + product},{text},{quantity},{at} 10:00:00,{price:.2f},{customer},{country}"
