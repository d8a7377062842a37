"""Windows of label days: features on a day, and what was bought after it; made once, kept by digest."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isthmus.progress import Progress
from isthmus.source_digest import source_digest
from training.digest_scopes import RANKING_FEATURES
from training.errors import TrainingError
from training.features.array_cache import ArrayCache, ArraysDamaged, key_of, read_arrays, write_arrays
from training.ranking.features import FeatureBuilder, Features
from training.ranking.orders import Orders
from training.ranking.parallel import in_parallel, processes_for
from training.ranking.scores import left_out
from training.ranking.settings import RankingSettings
from training.scorers import Floats

logger = logging.getLogger(__name__)

MOST_BYTES = 2 << 30
"""The windows of ten months take 0.8 GB; those of the last kinds of run stay."""
SAMPLING = ("label_days", "later_label", "negatives", "customers_per_window", "most_products")
"""Settings that decide what is in a window; the others are of the network."""


@dataclass(frozen=True)
class Window:
    """Sampled candidates of the customers who bought in the label days.

    Attributes:
        values: candidates x features.
        names: names of the features.
        label: 1 for bought in the label days, ``later_label`` for bought only in those after, else 0.
        group: number of the customer in the window, increasing.
        owned: whether the customer bought the product before.
    """

    values: Floats
    names: NDArray[Any]
    label: Floats
    group: NDArray[np.int64]
    owned: NDArray[np.bool_]


def window_days(orders: Orders, before: int, settings: RankingSettings) -> list[int]:
    """The windows' cuts, oldest first; every label is from before ``before``.

    Raises:
        TrainingError: when the orders are too few days for one.
    """
    first = orders.first_day
    latest = before - settings.label_days - 1
    days = list(range(latest, first + settings.warm_up_days - 1, -settings.window_step))[::-1]
    if not days:
        needed = settings.warm_up_days + settings.label_days + 1
        raise TrainingError(
            f"the orders from {date.fromordinal(first)} on reach over {before - first} days; "
            f"a ranking needs {needed}, so name a later day or more orders"
        )
    return days


def windows(orders: Orders, before: int, settings: RankingSettings, folder: Path) -> Iterator[Path]:
    """The files of all windows; those that an earlier run left are not made again.

    A window is known by the orders that it sees, so those of days that did not change stay. All that this run
    needs is there when the last one is yielded, and of other windows as many as ``MOST_BYTES`` leaves room
    for.
    """
    orders = orders.before(before)
    days = window_days(orders, before, settings)
    cache = ArrayCache(folder, MOST_BYTES)
    shape = (len(orders.customers), len(orders.products))
    without = left_out(shape, settings.most_products)
    for name, why in without.items():
        logger.info(f"score {name} is left out: it {why}")
    names = {day: _window_name(orders, day, before, settings, without) for day in days}
    paths = {day: cache.path(name) for day, name in names.items()}
    missing = [day for day in days if not cache.holds(names[day])]
    shared = (paths, orders, before, settings, frozenset(without))
    processes = processes_for(len(missing), orders.row_count, shape, settings.most_products)
    # Spark has executors of its own, and each process would start another.
    if processes > 1 and orders.engine.in_process:
        summaries: Iterator[str] = in_parallel(_write, missing, processes, *shared)
    else:
        summaries = (_write(day, *shared) for day in missing)
    for number, day in enumerate(days, 1):
        summary = next(summaries) if day in missing else "there already"
        logger.info(Progress("windows", number, len(days), f"window of {date.fromordinal(day)}: {summary}"))
        yield paths[day]
    next(summaries, None)  # past the last one, its processes end by themselves
    cache.trim(names.values())


def _write(
    day: int,
    paths: dict[int, Path],
    orders: Orders,
    before: int,
    settings: RankingSettings,
    without: Collection[str],
) -> str:
    """Make the file of one window; returns what is in it."""
    window = make_window(_visible_orders(orders, day, before, settings), day, before, settings, without)
    write_arrays(paths[day], {name: getattr(window, name) for name in Window.__dataclass_fields__})
    customers = int(window.group.max(initial=-1)) + 1
    return f"{customers} customers, {len(window.label):,} candidates"


def load_window(path: Path) -> Window:
    """Read a window that ``windows`` yielded.

    Raises:
        TrainingError: when it was removed or damaged since.
    """
    try:
        return Window(**read_arrays(path))
    except (FileNotFoundError, ArraysDamaged):
        raise TrainingError(
            f"{path} was whole when this run began and is gone or damaged now; run the same command again, "
            "which makes this window anew"
        ) from None


def _visible_orders(orders: Orders, day: int, before: int, settings: RankingSettings) -> Orders:
    """The orders that a window is made of: those before its last label."""
    return orders.before(min(day + 2 * settings.label_days, before))


def make_window(
    orders: Orders, day: int, before: int, settings: RankingSettings, without: Collection[str] = frozenset()
) -> Window:
    """The window whose features are those of ``day``; without rows where nobody bought in its label days.

    ``without`` names the scores that a log of this size has no room for.
    """
    builder = FeatureBuilder(orders, day, settings.most_products, without)
    bought = _pairs(orders, builder, day, day + settings.label_days)
    later = _pairs(orders, builder, day + settings.label_days, min(day + 2 * settings.label_days, before))
    products = builder.snapshot.shape[1]
    customers = np.unique(bought // products)
    # Seeded by the window's place, so that a resumed run draws what an uninterrupted one does.
    random = np.random.default_rng((7, before - day))
    if len(customers) > settings.customers_per_window:
        drawn = np.random.default_rng((8, before - day))
        customers = np.sort(drawn.choice(customers, settings.customers_per_window, replace=False))
    # Where nobody bought, the window is empty, but has the names of its features.
    parts, names = [], tuple[str, ...]()
    for features in builder.blocks(customers if len(customers) else np.zeros(1, np.int64)):
        parts.append(_sampled(features, bought, later, customers, products, random, settings))
        names = features.names
    values, label, group, owned = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return Window(values, np.array(names), label, group, owned)


def _sampled(
    features: Features,
    bought: NDArray[np.int64],
    later: NDArray[np.int64],
    customers: NDArray[np.int64],
    products: int,
    random: np.random.Generator,
    settings: RankingSettings,
) -> tuple[Floats, Floats, NDArray[np.int64], NDArray[np.bool_]]:
    """Values, label, group and owned of what a window keeps of some features."""
    pair = features.customer * products + features.product
    label = np.maximum(
        np.isin(pair, bought).astype(np.float32), np.float32(settings.later_label) * np.isin(pair, later)
    ).astype(np.float32)
    keep = ((label > 0) | (random.random(len(label)) < settings.negatives)) & bool(len(customers))
    group = np.searchsorted(customers, features.customer[keep])
    return features.values[keep], label[keep], group, features.owned[keep]


def _pairs(orders: Orders, builder: FeatureBuilder, start: int, end: int) -> NDArray[np.int64]:
    """Purchases from ``start`` to before ``end``, as customer * products + product.

    Only customers and products that the snapshot knows count, by its numbers.
    """
    lines, known_orders = orders.lines, builder.snapshot.orders
    bought = lines.filter(lines.day >= start, lines.day < end, ~lines.cancelled, lines.customer >= 0)
    rows = orders.engine.frame(bought.select("customer", "product").distinct())
    customer = known_orders.customer_numbers[rows["customer"].to_numpy()]
    product = known_orders.product_numbers[rows["product"].to_numpy()]
    known = (customer >= 0) & (product >= 0)
    pairs: NDArray[np.int64] = np.sort(customer[known] * len(known_orders.products) + product[known])
    return pairs


def _window_name(
    orders: Orders, day: int, before: int, settings: RankingSettings, without: Collection[str]
) -> str:
    """A name by all that decides a window: the orders it sees, the code of features and labels, the settings
    of sampling, the scores left out, and its place in the run, which seeds the sampling."""
    digest = _visible_orders(orders, day, before, settings).digest()
    sampling = {name: getattr(settings, name) for name in SAMPLING}
    code = source_digest(*RANKING_FEATURES)
    key = key_of(orders=digest, day=day, before=before, code=code, without=sorted(without), **sampling)
    return f"{key[:32]}-{date.fromordinal(day)}"
