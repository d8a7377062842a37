"""Dense linear algebra of the scores."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.linalg import lapack

Floats = NDArray[np.float32]
HIDDEN = np.float32(-1e9)
"""Score of what must not be chosen."""


def inverse(gram: NDArray[np.float64]) -> NDArray[np.float64]:
    """Invert a positive definite matrix by Cholesky: half the time and no second copy.

    Raises:
        ArithmeticError: when it is not positive definite.
    """
    factor, failed = lapack.dpotrf(np.asfortranarray(gram), lower=1, overwrite_a=1)
    if failed:
        raise ArithmeticError(f"the Gram matrix is not positive definite (dpotrf says {failed})")
    lower, failed = lapack.dpotri(factor, lower=1, overwrite_c=1)
    if failed:
        raise ArithmeticError(f"the Gram matrix has no inverse (dpotri says {failed})")
    lower = np.tril(lower)
    symmetric: NDArray[np.float64] = lower + np.tril(lower, -1).T
    return symmetric


def without_diagonal(square: NDArray[Any]) -> Floats:
    """The matrix as float32 with 0 on its diagonal."""
    result = square.astype(np.float32)
    np.fill_diagonal(result, 0)
    return result


def cosine(rows: Any, shrink: float) -> Floats:
    """Column by column cosine of a sparse matrix, with ``shrink`` added to the squared lengths."""
    gram = (rows.T @ rows).toarray()
    length = np.sqrt(np.diag(gram) + shrink)
    return without_diagonal(gram / length[:, None] / length[None])


def keep_largest(square: Floats, number: int) -> Floats:
    """Zero all but the ``number`` largest of each row, in place."""
    if number < square.shape[1]:
        least = np.partition(square, -number, axis=1)[:, -number]
        square[square < least[:, None]] = 0
    return square


def unit_rows(rows: Any) -> Any:
    """Every row divided by its length."""
    length = np.sqrt(np.maximum(np.asarray(rows.multiply(rows).sum(1)).ravel(), 1e-9))
    return (sp.diags((1 / length).astype(np.float32)) @ rows).tocsr()
