"""Scores of products for customers, from sparse matrices of what was bought: one set, for the features of the
ranking and for the baselines of a validation. Every constant is the caller's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]


class Scorer(Protocol):
    """Scores some products, the higher the better.

    Attributes:
        products: columns of the products that it scores, increasing; None for all.
    """

    @property
    def products(self) -> Rows | None: ...

    def __call__(self, customers: Rows) -> Floats:
        """Customers x the products that it scores."""


@dataclass(frozen=True)
class Linear:
    """``left[customers] @ right``: histories, sparse, times products x products, or two tables of factors."""

    left: Any
    right: Any
    products: Rows | None = None

    def __call__(self, customers: Rows) -> Floats:
        scores = self.left[customers] @ self.right
        return np.asarray(scores.toarray() if hasattr(scores, "toarray") else scores, np.float32)
