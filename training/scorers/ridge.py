"""Ridges from products to products, exactly on as many products as fit.

EASE: Steck, Embarrassingly Shallow Autoencoders for Sparse Data, WWW 2019: B = I - P / diag(P),
P = (X'X + lambda I)^-1. Time grows with the third power of the products and memory with the second, so where
there are more than a limit, only those that carry most purchases take part, and the others are not scored.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.linalg import lapack

from training.scorers import Floats, Linear, Rows

_BLOCK = 512
_SPARSE = 1 / 30
"""Share of entries below which a product of matrices is quicker sparse."""


def carriers(rows: Any, most: int) -> Rows | None:
    """The ``most`` products with the largest sums of their columns, increasing; None where that is all."""
    if rows.shape[1] <= most:
        return None
    carried = np.asarray(rows.sum(0)).ravel()
    return np.sort(np.argsort(-carried, kind="stable")[:most])


def narrowed(rows: Any, products: Rows | None) -> Any:
    """The columns of ``products`` alone; all where it is None."""
    return rows if products is None else rows[:, products]


def ease(rows: Any, ridge: float) -> Floats:
    """B, float32 [products, products], of customers (or baskets) x products."""
    inverted = inverse(_dense(rows.T @ rows), ridge)
    weights = np.empty(inverted.shape, np.float32)
    diagonal = np.diag(inverted).copy()
    for start in range(0, len(weights), _BLOCK):
        part = slice(start, start + _BLOCK)
        weights[part] = -inverted[part] / diagonal
    np.fill_diagonal(weights, 0)
    return weights


def ease_of(history: Any, rows: Any, ridge: float, products: Rows | None) -> Linear:
    """EASE of ``rows`` on some products, asked with the ``history`` of each customer."""
    return Linear(narrowed(history, products), ease(narrowed(rows, products), ridge), products)


def regression(gram: Any, target: Any, ridge: float) -> Floats:
    """(gram + ridge I)^-1 target, float32 [products, products], of two sparse matrices."""
    inverted = inverse(_dense(gram), ridge).astype(np.float32)
    if target.nnz > _SPARSE * inverted.size:
        dense: Floats = inverted @ target.toarray().astype(np.float32)
        return dense
    # The inverse is symmetric, so that this is the transpose of the product.
    return np.ascontiguousarray((sp.csr_matrix(target.T).astype(np.float32) @ inverted).T)


def inverse(gram: npt.NDArray[np.float64], ridge: float) -> npt.NDArray[np.float64]:
    """(gram + ridge I)^-1 of a symmetric matrix, in its own memory, by Cholesky.

    Raises:
        ArithmeticError: when it is not positive definite.
    """
    gram[np.diag_indices(len(gram))] += ridge
    factor, failed = lapack.dpotrf(gram, lower=1, overwrite_a=1)
    if failed:
        raise ArithmeticError(f"the Gram matrix is not positive definite (dpotrf says {failed})")
    lower, failed = lapack.dpotri(factor, lower=1, overwrite_c=1)
    if failed:
        raise ArithmeticError(f"the Gram matrix has no inverse (dpotri says {failed})")
    for start in range(0, len(lower), _BLOCK):
        stop = start + _BLOCK
        square = np.tril(lower[start:stop, start:stop])
        lower[start:stop, start:stop] = square + np.tril(square, -1).T
        lower[start:stop, stop:] = lower[stop:, start:stop].T
    symmetric: npt.NDArray[np.float64] = lower
    return symmetric


def _dense(gram: Any) -> npt.NDArray[np.float64]:
    """Column by column, as LAPACK has it, so that it makes no copy."""
    dense: npt.NDArray[np.float64] = sp.csc_matrix(gram).astype(np.float64).toarray(order="F")
    return dense
