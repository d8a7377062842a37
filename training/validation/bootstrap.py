"""Confidence intervals by the bootstrap (Efron and Tibshirani, An Introduction to the Bootstrap).

Seeded, so that the same orders and release give the same report.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from training.scorers.limits import blocks

ROUNDS, SEED, LEVEL = 2000, 20, 0.95
LIST_ROUNDS = 1000
"""Rounds for intervals of whole lists, which cost more than that of a mean."""
_ENDS = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)
Interval = tuple[float, float]


def interval(values: npt.NDArray[Any], rounds: int = ROUNDS, seed: int = SEED) -> Interval:
    """The percentile interval (95 %) of the mean of ``values`` [n], resampled with replacement.

    Two recommenders on the same customers are compared by the interval of their differences.
    """
    if not len(values):
        return (0.0, 0.0)
    means = [values[rows].mean(axis=1) for rows in _resamples(len(values), rounds, seed)]
    low, high = np.quantile(np.concatenate(means), _ENDS)
    return (float(low), float(high))


def ratio_interval(
    above: npt.NDArray[Any], below: npt.NDArray[Any], rounds: int = LIST_ROUNDS, seed: int = SEED
) -> Interval:
    """The percentile interval of sum(above) / sum(below), both [n] and resampled together.

    A resample in which nothing is below is left out.
    """
    if not np.any(below):
        return (0.0, 0.0)
    ratios = []
    for rows in _resamples(len(below), rounds, seed):
        sums = below[rows].sum(axis=1)
        ratios.append(above[rows].sum(axis=1)[sums > 0] / sums[sums > 0])
    low, high = np.quantile(np.concatenate(ratios), _ENDS)
    return (float(low), float(high))


def distinct_interval(
    lists: Sequence[Sequence[int]], rounds: int = LIST_ROUNDS, seed: int = SEED
) -> Interval:
    """The interval of the number of distinct products in the lists of n customers.

    Of n customers drawn with replacement some are drawn twice, so their lists hold fewer products than those
    of n others would: the resampled numbers are too low by a bias. The interval is their spread around the
    number that was seen, widened to hold it: where nearly every resample gives one number (few customers, of
    whom one has an empty list), the spread alone may lie beside it.
    """
    products = np.fromiter((product for line in lists for product in line), np.int64)
    if not len(products):
        return (0.0, 0.0)
    customers = np.repeat(np.arange(len(lists)), [len(line) for line in lists])
    order = np.argsort(products, kind="stable")
    starts = np.flatnonzero(np.append(True, np.diff(products[order]) != 0))
    counts = []
    for rows in _resamples(len(lists), rounds, seed):
        # One bit a round: whether the round drew the customer, then whether it drew anyone with the product.
        drawn = np.zeros((len(lists), len(rows)), np.bool_)
        drawn[rows, np.arange(len(rows))[:, None]] = True
        bits = np.packbits(drawn, axis=1)[customers[order]]
        shown = np.unpackbits(np.bitwise_or.reduceat(bits, starts), axis=1, count=len(rows))
        counts.append(shown.sum(axis=0, dtype=np.int64))
    numbers = np.concatenate(counts)
    observed = len(starts)
    low, high = np.quantile(numbers, _ENDS) + (observed - numbers.mean())
    return (min(float(low), observed), max(float(high), observed))


def _resamples(size: int, rounds: int, seed: int) -> Iterator[npt.NDArray[np.int64]]:
    """Rows drawn with replacement, [rounds, size] in parts of as many rounds as fit; all are one draw."""
    random = np.random.default_rng(seed)
    for part in blocks(rounds, 8 * 4 * size):
        yield random.integers(0, size, (part.stop - part.start, size))
