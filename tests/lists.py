"""Whether two lists of products are one, where the scores were computed in two ways."""

from __future__ import annotations

from collections.abc import Sequence

from training.ties import TIE

Scored = Sequence[tuple[str, float]]
UNSURE = 1.5
"""Programs may differ on a pair whose scores are about TIE apart: products this close may change places."""


def same_list(served: Scored, expected: Scored, tolerance: float = 1e-5) -> bool:
    """Whether ``served`` is the beginning of ``expected``, up to the order in a chain of (almost) ties.

    Args:
        served: product and score, the best first.
        expected: likewise, and longer than ``served`` where there are more, so that a chain is seen whole.
        tolerance: of scores, absolute.
    """
    if len(served) > len(expected):
        return False
    at = 0
    while at < len(served):
        end = at + 1
        while end < len(expected) and _are_close(expected[end - 1][1], expected[end][1]):
            end += 1
        chain = dict(expected[at:end])
        part = dict(served[at:end])
        if len(part) != min(end, len(served)) - at or not part.keys() <= chain.keys():
            return False
        if any(abs(value - chain[code]) > tolerance for code, value in part.items()):
            return False
        at = end
    return True


def _are_close(higher: float, lower: float) -> bool:
    return higher - lower <= UNSURE * TIE * abs(higher)
