"""From scores to lists of products."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from training.ties import TIE_OF_DOUBLES, best_columns
from training.validation.interaction_matrix import Numbers

AT_ONCE = 256
"""Customers whose scores are in memory together: 8 MB for 4,000 products."""


def top_k(
    scoring: Callable[[Numbers], Numbers], rows: Numbers, k: int, leave_out: list[set[int]] | None = None
) -> list[list[int]]:
    """The ``k`` products with the highest scores for each row, by their numbers from 1.

    Ties (``training.ties``) go to the lower number. ``leave_out`` holds the numbers that must not be in the
    list, by row.
    """
    lists: list[list[int]] = []
    for start in range(0, len(rows), AT_ONCE):
        scores = np.array(scoring(rows[start : start + AT_ONCE]), np.float64)
        if leave_out is not None:
            for line, numbers in zip(scores, leave_out[start : start + AT_ONCE], strict=True):
                line[np.fromiter(numbers, np.int64, len(numbers)) - 1] = -np.inf
        order = best_columns(scores, k, TIE_OF_DOUBLES)
        for line, columns in zip(scores, order, strict=True):
            lists.append([int(column) + 1 for column in columns if line[column] > -np.inf])
    return lists
