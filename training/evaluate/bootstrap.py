"""Confidence intervals of means by the bootstrap (Efron and Tibshirani, An Introduction to the Bootstrap).

Seeded, so that the same orders and release give the same report.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

ROUNDS, SEED, LEVEL = 2000, 20, 0.95
_AT_ONCE = 200


def interval(values: npt.NDArray[Any], rounds: int = ROUNDS, seed: int = SEED) -> tuple[float, float]:
    """The percentile interval (95 %) of the mean of ``values`` [n], resampled with replacement.

    Two recommenders on the same customers are compared by the interval of their differences.
    """
    if not len(values):
        return (0.0, 0.0)
    random = np.random.default_rng(seed)
    means = [
        values[random.integers(0, len(values), (min(_AT_ONCE, rounds - start), len(values)))].mean(axis=1)
        for start in range(0, rounds, _AT_ONCE)
    ]
    low, high = np.quantile(np.concatenate(means), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return (float(low), float(high))
