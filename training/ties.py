"""When two scores tie, and what comes first then: one rule for every list that isthmus makes.

The last digits of a score depend on the processor, the library and the place in a batch. So scores that
differ by no more than ``TIE`` of the higher one tie, and so does a chain of such; products that tie are in
the order of their product codes. Serving has the rule in ``serving/models/recommend/answers.py``, which runs
in Triton's image and can import nothing of ours; a test holds both together.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

TIE = 1e-5
"""Relative to the higher score: ten to a hundred times what float32 loses on the way through a network."""

TIE_OF_DOUBLES = 1e-12
"""As TIE, for scores that were computed in float64, where far smaller differences mean something."""

Places = npt.NDArray[np.int64]


def apart(descending: npt.NDArray[Any], tie: float = TIE) -> npt.NDArray[np.bool_]:
    """Of scores, the highest first along the last axis: whether each but the last is above its next."""
    exact = descending.astype(np.float64)
    higher, lower = exact[..., :-1], exact[..., 1:]
    with np.errstate(invalid="ignore"):  # -inf, twice: what is left out ties
        found: npt.NDArray[np.bool_] = higher - lower > tie * np.abs(higher)
    return found


def grouped_order(scores: npt.NDArray[Any], products: npt.NDArray[Any], groups: npt.NDArray[Any]) -> Places:
    """Places of all scores: by group, in it the best first, ties by product.

    Args:
        scores: one-dimensional.
        products: of each score; their order is that of product codes.
        groups: of each score, a customer say; a tie does not reach into another.
    """
    order = np.lexsort((-scores, groups))
    new = np.ones(len(order), np.bool_)
    new[1:] = apart(scores[order]) | (groups[order][1:] != groups[order][:-1])
    tied: Places = order[np.lexsort((products[order], np.cumsum(new)))]
    return tied


def best_columns(scores: npt.NDArray[Any], k: int, tie: float = TIE) -> Places:
    """The columns of the ``k`` highest scores of each row, the best first, ties by column; rows x k."""
    order = np.argsort(-scores, axis=1, kind="stable")
    sorted_scores = np.take_along_axis(scores, order, 1)
    ends = apart(sorted_scores, tie)
    # Equal scores are in order already.
    near = ~ends & (sorted_scores[:, :-1] > sorted_scores[:, 1:])
    for row in np.flatnonzero(near.any(axis=1)):
        after = np.flatnonzero(ends[row, k - 1 :])
        stop = k + int(after[0]) if len(after) else order.shape[1]
        part = order[row, :stop]
        runs = np.concatenate([[0], np.cumsum(ends[row, : stop - 1])])
        order[row, :stop] = part[np.lexsort((part, runs))]
    return order[:, :k]
