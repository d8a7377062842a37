"""Factors by alternating least squares, by ``implicit``: Hu, Koren and Volinsky, Collaborative Filtering for
Implicit Feedback Datasets, ICDM 2008."""

from __future__ import annotations

from typing import Any

import numpy as np

from training.scorers import Linear


def als(rows: Any, factors: int, ridge: float, alpha: float, rounds: int, seed: int) -> Linear:
    """Factorise customers x products; at most as many factors as products."""
    from implicit.cpu.als import AlternatingLeastSquares
    from threadpoolctl import threadpool_limits

    # One thread: the order of the sums, and so the release, must not depend on the machine's cores.
    with threadpool_limits(1, "blas"):
        model = AlternatingLeastSquares(
            factors=min(factors, rows.shape[1]),
            regularization=ridge,
            alpha=alpha,
            iterations=rounds,
            num_threads=1,
            random_state=seed,
        )
        model.fit(rows, show_progress=False)
    return Linear(np.array(model.user_factors), np.ascontiguousarray(model.item_factors.T))
