"""What was bought, as the model takes it: the rule of ``training.features.history``, without pandas.

A test holds the two together: the same purchases give the same numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from serving.edge.runtime.manifest import EdgeManifest

_USER, _TIME = 6, 4
_EPOCH = date(1970, 1, 1)
_MONDAY = 4


@dataclass(frozen=True)
class Inputs:
    """Of one customer: ``history`` int32 [1, H], ``weights`` float32 [1, H] and ``user`` float32 [1, U]."""

    history: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]
    user: npt.NDArray[np.float32]


def inputs_of(purchases: Sequence[tuple[int, int]], day: date, manifest: EdgeManifest) -> Inputs:
    """The inputs for a customer.

    Args:
        purchases: place of the product, days ago (1 or more); a product counts once a day.
        day: on which is asked, for a model that knows the time of the year.
        manifest: of the bundle.
    """
    length = manifest.history_length
    history, weights = np.zeros((1, length), np.int32), np.zeros((1, length), np.float32)
    user = np.zeros((1, _USER + _TIME * manifest.time_features), np.float32)
    if manifest.time_features:
        user[0, _USER:] = _time(day)
    if not purchases:
        return Inputs(history, weights, user)
    # The oldest first, as training adds them up.
    bought, ages = np.array(sorted(set(purchases), key=lambda one: (-one[1], one[0])), np.int64).T
    products, positions = np.unique(bought, return_inverse=True)
    decayed = np.bincount(positions, weights=0.5 ** (ages / manifest.half_life_days))
    youngest = np.full(len(products), np.iinfo(np.int64).max)
    np.minimum.at(youngest, positions, ages)
    heaviest = np.lexsort((products, youngest, -decayed))[:length]
    history[0, : len(heaviest)] = products[heaviest]
    weights[0, : len(heaviest)] = decayed[heaviest]
    total, days = len(bought), len(np.unique(ages))
    user[0, :_USER] = [
        np.log1p(days) / 3,
        np.log1p(len(products)) / 6,
        np.log1p(total / days) / 5,
        np.log1p(float(ages.min())) / 5,
        1 - len(products) / total,
        1,
    ]
    return Inputs(history, weights, user)


def _time(day: date) -> npt.NDArray[np.float64]:
    number = float((day - _EPOCH).days)
    turns = np.array([(number - _MONDAY) / 7, number / 365.2425]) * 2 * np.pi
    return np.concatenate([np.sin(turns), np.cos(turns)])
