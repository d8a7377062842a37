"""Plain recommenders, fitted in the same run on the same purchases: what a release is compared with.

Each is a function ``fit(interactions) -> scores``, where ``scores(rows)`` gives float [rows, products] for
these customers; the higher, the better. Their constants are those that did best on ten months of this log.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from training.validation.baselines import als, ease, item_knn, personal, popularity
from training.validation.interaction_matrix import InteractionMatrix, Numbers

Scoring: TypeAlias = Callable[[Numbers], Numbers]
POPULAR, PERSONAL = "popular", "personal frequency"
BASELINES: Mapping[str, Callable[[InteractionMatrix], Scoring]] = {
    POPULAR: popularity.fit,
    PERSONAL: personal.by_count,
    "personal recency": personal.by_recency,
    "item-kNN, cosine": item_knn.cosine,
    "item-kNN, BM25": item_knn.bm25,
    "ALS": als.fit,
    "EASE": ease.fit,
}
