"""Implicit alternating least squares (Hu, Koren, Volinsky, 2008)."""

from __future__ import annotations

from typing import Any

import numpy as np

from training.ranking.history_snapshot import HistorySnapshot
from training.ranking.scores import LinearScore, Score


def _als(rows: Any, factors: int, ridge: float, seed: int) -> LinearScore:
    from implicit.cpu.als import AlternatingLeastSquares
    from threadpoolctl import threadpool_limits

    # One thread: the order of the sums, and so the release, must not depend on the machine's cores.
    with threadpool_limits(1, "blas"):
        model = AlternatingLeastSquares(
            factors=factors, regularization=ridge, alpha=8.0, iterations=10, num_threads=1, random_state=seed
        )
        model.fit(rows, show_progress=False)
    return LinearScore(np.array(model.user_factors), np.ascontiguousarray(model.item_factors.T))


def fit(snapshot: HistorySnapshot) -> dict[str, Score]:
    return {"als128": _als(snapshot.history, 128, 5.0, 1), "als32": _als(snapshot.recent, 32, 2.0, 2)}
