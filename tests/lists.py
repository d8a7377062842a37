"""Whether two lists of products are one, where the scores were computed in two ways."""

from __future__ import annotations

from collections.abc import Sequence

from training.ties import TIE

Scored = Sequence[tuple[str, float]]
UNSURE = 1.5
"""Programs may differ on a pair whose scores are about TIE apart: products this close may change places."""


def same_list(given: Scored, told: Scored, tolerance: float = 1e-5) -> bool:
    """Whether ``given`` is the beginning of ``told``, up to the order in a chain of (almost) ties.

    Args:
        given: product and score, the best first.
        told: likewise, and longer than ``given`` where there are more, so that a chain is seen whole.
        tolerance: of scores, absolute.
    """
    if len(given) > len(told):
        return False
    at = 0
    while at < len(given):
        end = at + 1
        while end < len(told) and told[end - 1][1] - told[end][1] <= UNSURE * TIE * abs(told[end - 1][1]):
            end += 1
        chain = dict(told[at:end])
        part = dict(given[at:end])
        if len(part) != min(end, len(given)) - at or not part.keys() <= chain.keys():
            return False
        if any(abs(value - chain[code]) > tolerance for code, value in part.items()):
            return False
        at = end
    return True
