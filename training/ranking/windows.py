"""Windows of label days: features on a day, and what was bought after it; made once, kept by digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.errors import TrainingError
from training.ranking.features import Fitted
from training.ranking.orders import Orders
from training.ranking.past import Floats
from training.ranking.settings import RankingSettings
from training.ranking.side_by_side import one_after_the_other, side_by_side

FEATURE_CODE = ("*.py", "scores/*.py", "habits/*.py")
NOT_FEATURES = frozenset(
    {"__main__.py", "calibration.py", "export.py", "folder.py", "measure.py", "normalise.py", "ranker.py"}
    | {"recommend.py", "side_by_side.py", "stage.py", "train.py"}
)


@dataclass(frozen=True)
class Window:
    """Sampled candidates of the customers who bought in the label days.

    Attributes:
        values: candidates x features.
        names: of the features.
        label: 1 bought in the label days, ``later_label`` only in those after, else 0.
        group: number of the customer in the window, increasing.
        owned: bought before.
    """

    values: Floats
    names: NDArray[Any]
    label: Floats
    group: NDArray[np.int64]
    owned: NDArray[np.bool_]


def days_of(orders: Orders, before: int, settings: RankingSettings) -> list[int]:
    """The windows' cuts, oldest first; every label is from before ``before``.

    Raises:
        TrainingError: when the orders are too few days for one.
    """
    first = int(orders.day.min())
    latest = before - settings.label_days - 1
    days = list(range(latest, first + settings.warm_up_days - 1, -settings.window_step))[::-1]
    if not days:
        needed = settings.warm_up_days + settings.label_days + 1
        raise TrainingError(
            f"the orders from {date.fromordinal(first)} on reach over {before - first} days; "
            f"a ranking needs {needed}, so name a later day or more orders"
        )
    return days


def windows(
    orders: Orders, before: int, settings: RankingSettings, folder: Path, say: Callable[[str], None]
) -> Iterator[Path]:
    """The files of all windows; those that an earlier run left are not made again."""
    orders = orders.before(before)
    days = days_of(orders, before, settings)
    told = _digest(orders, before, settings)
    folder.mkdir(parents=True, exist_ok=True)
    paths = {day: folder / f"{told[:32]}-{date.fromordinal(day)}.npz" for day in days}
    missing = [day for day in days if not paths[day].exists()]
    given = (paths, orders, before, settings)
    if len(missing) > 1 and not one_after_the_other(len(orders.day)):
        made: Iterator[str] = side_by_side(_write, missing, *given)
    else:
        made = (_write(day, *given) for day in missing)
    for number, day in enumerate(days, 1):
        what = next(made) if day in missing else "there already"
        say(f"[{number}/{len(days)}] window of {date.fromordinal(day)}: {what}")
        yield paths[day]


def _write(day: int, paths: dict[int, Path], orders: Orders, before: int, settings: RankingSettings) -> str:
    """Make the file of one window; returns what is in it."""
    window = make(orders, day, before, settings)
    aside = paths[day].with_suffix(".aside.npz")
    np.savez(aside, **asdict(window))
    aside.replace(paths[day])
    customers = int(window.group.max(initial=-1)) + 1
    return f"{customers} customers, {len(window.label):,} candidates"


def load(path: Path) -> Window:
    with np.load(path) as stored:
        return Window(**{name: stored[name] for name in Window.__dataclass_fields__})


def make(orders: Orders, day: int, before: int, settings: RankingSettings) -> Window:
    """The window whose features are those of ``day``."""
    fitted = Fitted(orders, day)
    bought = _pairs(orders, fitted, day, day + settings.label_days)
    later = _pairs(orders, fitted, day + settings.label_days, min(day + 2 * settings.label_days, before))
    products = fitted.past.shape[1]
    customers = np.unique(bought // products)
    features = fitted.features(customers)
    pair = features.customer * products + features.product
    label = np.maximum(
        np.isin(pair, bought).astype(np.float32), np.float32(settings.later_label) * np.isin(pair, later)
    ).astype(np.float32)
    # Seeded by the window's place, so that a resumed run draws what an uninterrupted one does.
    drawn = np.random.default_rng((7, before - day)).random(len(label)) < settings.negatives
    keep = (label > 0) | drawn
    return Window(
        values=features.values[keep],
        names=np.array(features.names),
        label=label[keep],
        group=np.searchsorted(customers, features.customer[keep]),
        owned=features.owned[keep],
    )


def _pairs(orders: Orders, fitted: Fitted, start: int, end: int) -> NDArray[np.int64]:
    """Purchases from ``start`` to before ``end``, as customer * products + product in the past's numbering.

    Only of customers and products that the past knows.
    """
    past = fitted.past.orders
    rows = (orders.day >= start) & (orders.day < end) & ~orders.cancelled & (orders.customer >= 0)
    customer = _renumber(orders.customers, past.customers)[orders.customer[rows]]
    product = _renumber(orders.products, past.products)[orders.product[rows]]
    known = (customer >= 0) & (product >= 0)
    told: NDArray[np.int64] = np.unique(customer[known] * len(past.products) + product[known])
    return told


def _renumber(every: NDArray[Any], known: NDArray[Any]) -> NDArray[np.int64]:
    numbers = np.full(len(every), -1, np.int64)
    numbers[np.searchsorted(every, known)] = np.arange(len(known))
    return numbers


def _digest(orders: Orders, before: int, settings: RankingSettings) -> str:
    """Of all a window depends on: the orders, the code of features and labels, the settings of sampling."""
    names = ("label_days", "later_label", "negatives")
    chosen = {name: getattr(settings, name) for name in names}
    told = hashlib.sha256(json.dumps([orders.digest(), before, chosen], sort_keys=True).encode())
    here = Path(__file__).parent
    for pattern in FEATURE_CODE:
        for path in sorted(here.glob(pattern)):
            if path.name not in NOT_FEATURES:
                told.update(path.read_bytes())
    return told.hexdigest()
