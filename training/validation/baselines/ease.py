"""EASE: the linear model from products to products whose own weight is 0, in closed form.

Steck, Embarrassingly Shallow Autoencoders for Sparse Data, WWW 2019: B = I - P / diag(P),
P = (X'X + lambda I)^-1.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from training.validation.interaction_matrix import InteractionMatrix, Numbers

LAMBDA_PER_BUYER = 4.0
"""lambda over the mean number of buyers of a product: about 300 with ten months of orders."""


def fit(interactions: InteractionMatrix) -> Callable[[Numbers], Numbers]:
    """Solve for the weights; memory is three matrices float64 [products, products]."""
    bought = interactions.matrix()
    weights = weights_of(
        (bought.T @ bought).toarray().astype(np.float64), LAMBDA_PER_BUYER * interactions.buyers().mean()
    )

    def scores(rows: Numbers) -> Numbers:
        scored: Numbers = np.asarray(bought[rows] @ weights)
        return scored

    return scores


def weights_of(gram: Numbers, regularization: float) -> Numbers:
    """B for a Gram matrix X'X, float32 [products, products]."""
    from scipy.linalg import cho_factor, cho_solve

    gram[np.diag_indices(len(gram))] += regularization
    inverse = cho_solve(cho_factor(gram, lower=True, overwrite_a=True), np.eye(len(gram)), overwrite_b=True)
    weights: Numbers = (-inverse / np.diag(inverse)).astype(np.float32)
    np.fill_diagonal(weights, 0)
    return weights
