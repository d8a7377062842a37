"""Scores of every product for a customer; one file a family."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.ranking.history_snapshot import Floats, HistorySnapshot

Rows = NDArray[np.int64]
Score = Callable[[Rows], Floats]
"""A score: numbers of customers in, customers x products out."""


@dataclass(frozen=True)
class LinearScore:
    """A score ``left[customers] @ right``: a sparse history times products x products."""

    left: Any
    right: Any

    def __call__(self, customers: Rows) -> Floats:
        scores = self.left[customers] @ self.right
        return np.asarray(scores.toarray() if hasattr(scores, "toarray") else scores, np.float32)


def fit(snapshot: HistorySnapshot) -> dict[str, Score]:
    """Every score, fitted to the past."""
    from training.ranking.scores import cosine, ease, factors, neighbours, supervised, text

    families = (ease, cosine, supervised, factors, neighbours, text)
    return {name: score for family in families for name, score in family.fit(snapshot).items()}
