"""From scores to lists of products."""

from __future__ import annotations

import numpy as np

from training.scorers import Rows, Scorer
from training.scorers.limits import blocks
from training.ties import TIE_OF_DOUBLES, best_columns
from training.validation.interaction_matrix import Numbers

Lists = list[list[int]]
_LOOKED_AT = 8
"""Times k: columns that are put in order; where a chain of ties leads past them, all are."""


def top_k(
    scorer: Scorer, rows: Rows, products: int, k: int, leave_out: list[set[int]] | None = None
) -> tuple[Lists, Lists]:
    """The ``k`` products with the highest scores for each row, by their numbers from 1, best first.

    Ties (``training.ties``) go to the lower number; a product that is not scored is in no list.

    Args:
        scorer: of customers by row.
        rows: whom to make lists for.
        products: how many there are.
        k: length of a list.
        leave_out: by row, numbers that must not be in the second list; None for none.

    Returns:
        The lists of all products, and those without what is left out.
    """
    every, without = Lists(), Lists()
    for part in blocks(len(rows), 32 * products):
        scores = np.array(scorer(rows[part]), np.float64)
        numbers = np.arange(1, products + 1) if scorer.products is None else scorer.products + 1
        every += _lists(scores, numbers, k)
        if leave_out is not None:
            for line, left in zip(scores, leave_out[part], strict=True):
                line[np.isin(numbers, np.fromiter(left, np.int64, len(left)))] = -np.inf
            without += _lists(scores, numbers, k)
    return every, without


def _lists(scores: Numbers, numbers: Rows, k: int) -> Lists:
    order = _best(scores, k)
    values = np.take_along_axis(scores, order, 1)
    return [
        [int(number) for number, value in zip(line, row, strict=True) if value > -np.inf]
        for line, row in zip(numbers[order], values, strict=True)
    ]


def _best(scores: Numbers, k: int) -> Numbers:
    """``best_columns``, without putting columns in order that cannot be among the best."""
    looked_at = _LOOKED_AT * k
    if scores.shape[1] <= 2 * looked_at:
        return best_columns(scores, k, TIE_OF_DOUBLES)
    columns = np.sort(np.argpartition(scores, -looked_at, axis=1)[:, -looked_at:], axis=1)
    found = np.take_along_axis(scores, columns, 1)
    best: Numbers = np.take_along_axis(columns, best_columns(found, k, TIE_OF_DOUBLES), 1)
    # Settled is a row whose scores have a gap between the last of the list and the last looked at.
    last, least = np.partition(found, -k, axis=1)[:, -k], found.min(axis=1)
    with np.errstate(invalid="ignore"):
        settled = last - least > looked_at * TIE_OF_DOUBLES * np.abs(last)
    rest = np.flatnonzero(~settled)
    best[rest] = best_columns(scores[rest], k, TIE_OF_DOUBLES)
    return best
