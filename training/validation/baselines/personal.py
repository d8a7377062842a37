"""What the customer bought before, and behind it what was popular in the last month."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from training.validation.interaction_matrix import InteractionMatrix, Numbers

POPULAR_DAYS = 30
HALF_LIFE_DAYS = 180.0


def by_count(interactions: InteractionMatrix) -> Callable[[Numbers], Numbers]:
    """By the number of the customer's baskets with the product; ties by the last 30 days' popularity."""
    return _own_first(interactions, np.ones(len(interactions.rows)))


def by_recency(interactions: InteractionMatrix) -> Callable[[Numbers], Numbers]:
    """As ``by_count``, where a basket counts 0.5 ** (age / 180 days)."""
    return _own_first(interactions, 0.5 ** ((interactions.day_after - interactions.days) / HALF_LIFE_DAYS))


def _own_first(interactions: InteractionMatrix, weights: Numbers) -> Callable[[Numbers], Numbers]:
    counts = interactions.popularity(POPULAR_DAYS).astype(np.float64)
    # Below any difference of two weights that is worth the name, so that it decides ties alone.
    ties = counts / (counts.max(initial=0.0) + 1) * 1e-6
    own = interactions.matrix(weights)

    def scores(rows: Numbers) -> Numbers:
        own_scores: Numbers = own[rows].toarray().astype(np.float64)
        own_scores += ties
        return own_scores

    return scores
