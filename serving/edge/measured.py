"""A device's answers beside those of Keras, and the precision that they choose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from serving.edge.runtime.features import Inputs
from serving.edge.runtime.manifest import Measured, Precision
from serving.edge.runtime.recommender import EdgeRecommender
from serving.edge.sliced_towers import SlicedTowers
from training.ties import best_columns

TOP = 20
LEAST_OVERLAP = 0.95
"""With Keras's 20 best, in the mean; a smaller model that keeps less is not what a device runs."""


def measure(
    recommender: EdgeRecommender, sliced: SlicedTowers, inputs: Mapping[str, npt.NDArray[Any]], size: int
) -> Measured:
    """Ask a device's model and Keras for the same customers.

    Args:
        recommender: of one precision.
        sliced: the release's towers.
        inputs: of customers, as ``SlicedTowers.cut`` gives them.
        size: of the LiteRT model in bytes.
    """
    exact = sliced.towers.scores(inputs)[:, sliced.indices]
    exact[:, 0] = -np.inf
    k = min(TOP, exact.shape[1] - 1)
    overlaps, largest = [], 0.0
    for row in range(len(exact)):
        places = sliced.places(inputs["history"][row : row + 1])
        one = Inputs(places, inputs["weights"][row : row + 1], inputs["user"][row : row + 1])
        found = recommender.scores(one)
        best = [set(best_columns(scores[None], k)[0].tolist()) for scores in (exact[row], found)]
        overlaps.append(len(best[0] & best[1]) / k)
        highest = float(np.abs(exact[row, 1:]).max())
        largest = max(largest, float(np.abs(exact[row, 1:] - found[1:]).max()) / max(highest, 1e-9))
    return Measured(
        overlap_at_20=round(float(np.mean(overlaps)), 4), largest_difference=round(largest, 4), bytes=size
    )


def smallest_that_agrees(measured: Mapping[Precision, Measured]) -> Precision:
    """The smallest model with an overlap of LEAST_OVERLAP; float where none has it."""
    good = [name for name, each in measured.items() if each.overlap_at_20 >= LEAST_OVERLAP]
    return min(good, key=lambda name: measured[name].bytes, default="float")
