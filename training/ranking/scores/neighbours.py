"""What the 200 most similar customers bought."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from training.ranking import algebra
from training.ranking.history_snapshot import Floats, HistorySnapshot
from training.ranking.scores import Rows, Score

NEIGHBOURS = 200
RECENT_DAYS = 30


@dataclass(frozen=True)
class Neighbours:
    """Sum over a customer's neighbours of similarity times ``bought``.

    Attributes:
        taste: customers x products, rows of length 1; their inner product is the similarity.
        bought: customers x products.
    """

    taste: Any
    bought: Any

    def __call__(self, customers: Rows) -> Floats:
        similarity = (self.taste[customers] @ self.taste.T).toarray().astype(np.float32)
        similarity[np.arange(len(customers)), customers] = 0
        nearest = sp.csr_matrix(algebra.keep_largest(similarity, NEIGHBOURS))
        return np.asarray((nearest @ self.bought).toarray(), np.float32)


def fit(snapshot: HistorySnapshot) -> dict[str, Score]:
    rare = algebra.unit_rows(snapshot.history) @ sp.diags(snapshot.rarity)
    taste = algebra.unit_rows(rare.tocsr())
    return {
        "neighbours": Neighbours(taste, snapshot.matrix(snapshot.pairs, snapshot.pairs["weight180"])),
        "neighbours_recent": Neighbours(taste, snapshot.matrix(snapshot.since(RECENT_DAYS))),
    }
