"""Which products are alike by who bought them, and which customers by what they bought; the most alike only.

Cosine: Sarwar et al., Item-Based Collaborative Filtering, WWW 2001, its norm damped so that two products of
one buyer each are not held to be the same. BM25, customers being the documents: Robertson and Zaragoza, The
Probabilistic Relevance Framework, 2009.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from training.scorers import Floats, Rows
from training.scorers.limits import blocks


def products_alike(rows: Any, keep: int, with_itself: bool = False) -> Any:
    """Inner products of the columns of ``rows``, sparse: of each column the ``keep`` largest.

    Args:
        rows: sparse, anything x products.
        keep: neighbours of a product; those that tie with the last of them stay.
        with_itself: whether a product may be its own neighbour.
    """
    columns, rows = sp.csr_matrix(rows.T), sp.csr_matrix(rows)
    parts = []
    for part in blocks(columns.shape[0], 16 * columns.shape[0]):
        alike = (columns[part] @ rows).tocsr()
        if not with_itself:
            numbers = np.arange(part.start, part.stop)
            alike.data[alike.indices == np.repeat(numbers, np.diff(alike.indptr))] = 0
        parts.append(keep_largest(alike, keep))
    return sp.vstack(parts, format="csr", dtype=np.float32)


def cosine(rows: Any, damping: float, keep: int, with_itself: bool = False) -> Any:
    """Products x products: inner product / sqrt((squared length + ``damping``) of both)."""
    length = np.asarray(rows.multiply(rows).sum(0)).ravel() + damping
    return products_alike(rows @ sp.diags(1 / np.sqrt(length)), keep, with_itself)


def bm25_weights(bought: Any, rarity: Floats, k1: float, b: float) -> Any:
    """Customers x products: a customer is a document, a product a word that is in it once."""
    weighed = bought.copy()
    length = np.asarray(bought.sum(1)).ravel()
    relative = np.repeat(length, np.diff(weighed.indptr)) / length.mean()
    damped = weighed.data * (k1 + 1) / (weighed.data + k1 * (1 - b + b * relative))
    weighed.data = (damped * rarity[weighed.indices]).astype(np.float32)
    return weighed


def keep_largest(matrix: Any, keep: int) -> Any:
    """A sparse matrix of the ``keep`` largest values of each row, and what ties with the last of them."""
    kept = matrix.data != 0
    for row in np.flatnonzero(np.diff(matrix.indptr) > keep):
        part = slice(matrix.indptr[row], matrix.indptr[row + 1])
        least = np.partition(matrix.data[part], -keep)[-keep]
        kept[part] &= matrix.data[part] >= least
    counts = np.add.reduceat(np.append(kept, False).astype(np.int64), matrix.indptr[:-1])
    counts[np.diff(matrix.indptr) == 0] = 0
    starts = np.concatenate([[0], np.cumsum(counts)])
    return sp.csr_matrix((matrix.data[kept], matrix.indices[kept], starts), shape=matrix.shape)


def unit_rows(rows: Any) -> Any:
    """Every row divided by its length."""
    length = np.sqrt(np.maximum(np.asarray(rows.multiply(rows).sum(1)).ravel(), 1e-9))
    return (sp.diags((1 / length).astype(np.float32)) @ rows).tocsr()


@dataclass(frozen=True)
class CustomersAlike:
    """What the customers most alike bought: over them, the sum of similarity times ``bought``.

    Attributes:
        taste: customers x products, rows of length 1; their inner product is the similarity.
        bought: customers x products.
        keep: customers that count.
    """

    taste: Any
    bought: Any
    keep: int
    products: Rows | None = None

    def __call__(self, customers: Rows) -> Floats:
        scores = np.empty((len(customers), self.bought.shape[1]), np.float32)
        tastes = sp.csr_matrix(self.taste.T)
        for part in blocks(len(customers), 16 * self.taste.shape[0]):
            alike = (self.taste[customers[part]] @ tastes).tocsr()
            alike.data[alike.indices == np.repeat(customers[part], np.diff(alike.indptr))] = 0
            scores[part] = (keep_largest(alike, self.keep) @ self.bought).toarray()
        return scores
