"""Products that the same customers bought, by two measures of how alike two products are.

Cosine: Sarwar et al., Item-Based Collaborative Filtering, WWW 2001, with a damped norm so that two products
of one customer each are not held to be the same. A product is the most alike to itself, which is how repeat
buying counts. BM25 weighting of a customer's products: Robertson and
Zaragoza, The Probabilistic Relevance Framework, 2009, customers being the documents.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from training.validation.interaction_matrix import InteractionMatrix, Numbers

DAMPING = 2.0
NEIGHBOURS = 20
K1, B = 1.2, 0.75


def cosine(interactions: InteractionMatrix) -> Callable[[Numbers], Numbers]:
    """Similarity: common customers / sqrt((n_i + 2) (n_j + 2))."""
    bought = interactions.matrix()
    norm = 1 / np.sqrt(interactions.buyers() + DAMPING)
    return _neighbours(bought, (bought.T @ bought).toarray() * norm[:, None] * norm[None, :])


def bm25(interactions: InteractionMatrix) -> Callable[[Numbers], Numbers]:
    """Similarity: inner products of BM25 weights."""
    weighted = interactions.matrix()
    lengths = np.diff(weighted.indptr)
    rows = np.repeat(np.arange(len(lengths)), lengths)
    rarity = np.log(1 + len(lengths) / (1 + interactions.buyers()))
    relative_length = lengths[rows] / lengths.mean()
    damped = (K1 + 1) / (1 + K1 * (1 - B + B * relative_length))
    weighted.data = (damped * rarity[weighted.indices]).astype(np.float32)
    return _neighbours(weighted, (weighted.T @ weighted).toarray())


def _neighbours(history: Any, similarity: Numbers) -> Callable[[Numbers], Numbers]:
    """Keep the products most alike each product, itself among them, and add them up over a history."""
    similarity = similarity.astype(np.float32)
    if len(similarity) > NEIGHBOURS:
        least = np.partition(similarity, -NEIGHBOURS, axis=1)[:, -NEIGHBOURS]
        similarity[similarity < least[:, None]] = 0

    def scores(rows: Numbers) -> Numbers:
        scored: Numbers = np.asarray(history[rows] @ similarity)
        return scored

    return scores
