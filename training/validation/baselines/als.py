"""Factors by alternating least squares: Hu, Koren and Volinsky, Collaborative Filtering for Implicit Feedback
Datasets, ICDM 2008. One thread and a seed, so that a second run gives the same."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np

from training.validation.interaction_matrix import InteractionMatrix, Numbers

FACTORS, REGULARIZATION, ALPHA, ROUNDS, SEED = 128, 5.0, 8.0, 10, 1


def fit(interactions: InteractionMatrix) -> Callable[[Numbers], Numbers]:
    """Factorise what was bought; at most as many factors as products."""
    from implicit.cpu.als import AlternatingLeastSquares

    with warnings.catch_warnings():
        # It warns of the threads of BLAS, which are few in a pod of one core.
        warnings.simplefilter("ignore", RuntimeWarning)
        model = AlternatingLeastSquares(
            factors=min(FACTORS, interactions.product_count),
            regularization=REGULARIZATION,
            alpha=ALPHA,
            iterations=ROUNDS,
            num_threads=1,
            random_state=SEED,
        )
        model.fit(interactions.matrix(), show_progress=False)
    customer_factors, product_factors = np.asarray(model.user_factors), np.asarray(model.item_factors)

    def scores(rows: Numbers) -> Numbers:
        scored: Numbers = customer_factors[rows] @ product_factors.T
        return scored

    return scores
