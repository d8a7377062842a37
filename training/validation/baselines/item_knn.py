"""Products that the same customers bought, by two measures of how alike two products are.

Cosine: Sarwar et al., Item-Based Collaborative Filtering, WWW 2001, with a damped norm so that two products
of one customer each are not held to be the same. A product is the most alike to itself, which is how repeat
buying is told. BM25 weighting of a customer's products: Robertson and
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


def cosine(past: InteractionMatrix) -> Callable[[Numbers], Numbers]:
    """Similarity: common customers / sqrt((n_i + 2) (n_j + 2))."""
    bought = past.matrix()
    norm = 1 / np.sqrt(past.buyers() + DAMPING)
    return _neighbours(bought, (bought.T @ bought).toarray() * norm[:, None] * norm[None, :])


def bm25(past: InteractionMatrix) -> Callable[[Numbers], Numbers]:
    """Similarity: inner products of BM25 weights."""
    weighed = past.matrix()
    lengths = np.diff(weighed.indptr)
    rows = np.repeat(np.arange(len(lengths)), lengths)
    rarity = np.log(1 + len(lengths) / (1 + past.buyers()))
    long = lengths[rows] / lengths.mean()
    weighed.data = ((K1 + 1) / (1 + K1 * (1 - B + B * long)) * rarity[weighed.indices]).astype(np.float32)
    return _neighbours(weighed, (weighed.T @ weighed).toarray())


def _neighbours(history: Any, alike: Numbers) -> Callable[[Numbers], Numbers]:
    """Keep the products most alike each product, itself among them, and add them up over a history."""
    alike = alike.astype(np.float32)
    if len(alike) > NEIGHBOURS:
        least = np.partition(alike, -NEIGHBOURS, axis=1)[:, -NEIGHBOURS]
        alike[alike < least[:, None]] = 0

    def scores(rows: Numbers) -> Numbers:
        found: Numbers = np.asarray(history[rows] @ alike)
        return found

    return scores
