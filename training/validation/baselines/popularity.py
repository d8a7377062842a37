"""One list for everybody: the products in most baskets of the window."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from training.validation.interaction_matrix import InteractionMatrix, Numbers


def fit(interactions: InteractionMatrix) -> Callable[[Numbers], Numbers]:
    """Count baskets."""
    scores = interactions.popularity().astype(np.float64)
    return lambda rows: np.tile(scores, (len(rows), 1))
