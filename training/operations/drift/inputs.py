"""Drift of what comes in: products, sizes of baskets, prices, new customers.

A few days hold few orders, so their shares differ from those of a long window by chance alone. Drawing as
many baskets from the window itself, many times, shows how far: drift is what is beyond 95 % of those.
Whole baskets are drawn, as the lines of one belong together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

ROUNDS, SEED, CONFIDENCE = 200, 20, 0.95
BINS = 10
_LEAST = 1e-4
"""Share that a bin without any order is taken to have: the index of an empty bin has no value."""

Shares = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Drift:
    """The drift of one measure.

    Attributes:
        what: the measure, in words.
        then: its value in the release's window, or at its validation; "" where no single number says it.
        now: its value on the newest days.
        value: how far apart they are.
        chance: how far apart chance alone puts them at most, 19 times out of 20.
        threshold: how much more than chance is allowed.
        crossed: whether it is more than allowed.
    """

    what: str
    then: str
    now: str
    value: float
    chance: float
    threshold: float
    crossed: bool


def jensen_shannon(reference: Shares, current: Shares) -> float:
    """Jensen-Shannon distance, base 2: 0 for equal shares, 1 for no product in common."""
    from scipy.spatial.distance import jensenshannon

    return float(np.nan_to_num(jensenshannon(reference, current, base=2)))


def stability_index(reference: Shares, current: Shares) -> float:
    """Population stability index: the sum of (current - reference) ln(current / reference)."""
    from scipy.special import rel_entr

    p, q = np.maximum(reference, _LEAST), np.maximum(current, _LEAST)
    return float((rel_entr(p, q) + rel_entr(q, p)).sum())


def product_drift(reference: pd.DataFrame, current: pd.DataFrame, threshold: float) -> Drift:
    """Drift of the products' shares of the order lines. Both frames: basket, customer, stock_code, price,
    at."""
    codes = np.union1d(reference["stock_code"].unique(), current["stock_code"].unique())
    column_of = {code: column for column, code in enumerate(codes)}
    tables = [
        _table(frame, frame["stock_code"].map(column_of).to_numpy(), len(codes))
        for frame in (reference, current)
    ]
    known = set(reference["stock_code"].unique())
    new = ~current["stock_code"].isin(known)
    return _drift("products", "", f"{new.mean():.1%} in new ones", tables, jensen_shannon, threshold)


def basket_drift(reference: pd.DataFrame, current: pd.DataFrame, threshold: float) -> Drift:
    """Drift of the number of products in a basket."""
    sizes = [frame.groupby("basket")["stock_code"].nunique() for frame in (reference, current)]
    edges = _edges(sizes[0].to_numpy())
    tables = [
        _one_hot(np.searchsorted(edges, size.to_numpy(), side="right"), len(edges) + 1) for size in sizes
    ]
    before, after = (f"{size.median():.0f} products" for size in sizes)
    return _drift("basket size (median)", before, after, tables, stability_index, threshold)


def price_drift(reference: pd.DataFrame, current: pd.DataFrame, threshold: float, currency: str) -> Drift:
    """Drift of the prices of the order lines, in the shop's currency a piece."""
    edges = _edges(reference["price"].to_numpy())
    tables = [
        _table(frame, np.searchsorted(edges, frame["price"].to_numpy(), side="right"), len(edges) + 1)
        for frame in (reference, current)
    ]
    before, after = (f"{frame['price'].median():.2f} {currency}" for frame in (reference, current))
    return _drift("price (median)", before, after, tables, stability_index, threshold)


def new_customer_drift(
    reference: pd.DataFrame, current: pd.DataFrame, gap: pd.DataFrame, threshold: float
) -> Drift:
    """Drift of the share of customers who were not seen before, against as many days at the end of the
    window.

    Before is as many days before in both cases: the longer one looks back, the fewer customers are new.

    Args:
        reference: the release's window.
        current: the newest days.
        gap: the days between both.
        threshold: change of the share that may be.
    """
    from scipy.stats import fisher_exact, norm

    length = pd.Timedelta(days=(_last(current) - _first(current)).days + 1)
    end = pd.Timestamp(_last(reference)) + pd.Timedelta(days=1)
    cut = max(end - length, pd.Timestamp(_first(reference)))
    look_back = cut - pd.Timestamp(_first(reference))
    window_end, before_end = reference[reference["at"] >= cut], reference[reference["at"] < cut]
    start = pd.Timestamp(_first(current))
    purchases = pd.concat([reference, gap])
    before_now = purchases[(purchases["at"] >= start - look_back) & (purchases["at"] < start)]
    before, after = _new(window_end, before_end), _new(current, before_now)
    shares = [new / max(1, new + known) for new, known in (before, after)]
    value = abs(shares[1] - shares[0])
    pooled = (before[0] + after[0]) / max(1, sum(before) + sum(after))
    spread = np.sqrt(pooled * (1 - pooled) * (1 / max(1, sum(before)) + 1 / max(1, sum(after))))
    chance = float(norm.ppf((1 + CONFIDENCE) / 2) * spread)
    surely = fisher_exact([before, after]).pvalue < 1 - CONFIDENCE
    # Where nothing is before, all are new: nothing to compare with.
    crossed = bool(surely and value > threshold and not before_end.empty)
    return Drift("new customers", f"{shares[0]:.1%}", f"{shares[1]:.1%}", value, chance, threshold, crossed)


def _new(rows: pd.DataFrame, before: pd.DataFrame) -> tuple[int, int]:
    customers, known = set(rows["customer"]), set(before["customer"])
    return len(customers - known), len(customers & known)


def _drift(
    what: str,
    then: str,
    now: str,
    tables: list[Any],
    statistic: Callable[[Shares, Shares], float],
    threshold: float,
) -> Drift:
    window, newest = tables
    shares = _shares(np.asarray(window.sum(axis=0)).ravel())
    value = statistic(shares, _shares(np.asarray(newest.sum(axis=0)).ravel()))
    random = np.random.default_rng(SEED)
    by_chance = [statistic(shares, _shares(_draw(window, newest.shape[0], random))) for _ in range(ROUNDS)]
    chance = float(np.quantile(by_chance, CONFIDENCE))
    return Drift(what, then, now, value, chance, threshold, value - chance > threshold)


def _draw(table: Any, baskets: int, random: np.random.Generator) -> Shares:
    times = np.bincount(random.integers(table.shape[0], size=baskets), minlength=table.shape[0])
    counts: Shares = np.asarray(table.T @ times, dtype=np.float64).ravel()
    return counts


def _table(frame: pd.DataFrame, columns: npt.NDArray[np.int64], width: int) -> Any:
    """Lines by basket and column, sparse."""
    from scipy.sparse import csr_matrix

    baskets, rows = np.unique(frame["basket"].to_numpy(), return_inverse=True)
    return csr_matrix((np.ones(len(frame)), (rows, columns)), shape=(len(baskets), width))


def _one_hot(columns: npt.NDArray[np.int64], width: int) -> Any:
    from scipy.sparse import csr_matrix

    rows = np.arange(len(columns))
    return csr_matrix((np.ones(len(columns)), (rows, columns)), shape=(len(columns), width))


def _edges(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Tenths of the values, those that are equal once."""
    edges: npt.NDArray[Any] = np.unique(np.quantile(values, np.linspace(0, 1, BINS + 1)[1:-1]))
    return edges


def _shares(counts: npt.NDArray[Any]) -> Shares:
    out: Shares = counts / max(float(counts.sum()), 1.0)
    return out


def _first(frame: pd.DataFrame) -> date:
    day: date = frame["at"].min().date()
    return day


def _last(frame: pd.DataFrame) -> date:
    day: date = frame["at"].max().date()
    return day
