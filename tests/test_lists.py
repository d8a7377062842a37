"""The comparison of lists that other tests rest on can fail."""

from __future__ import annotations

import pytest

from tests.lists import same_list
from training.ties import TIE

A, B, C, D = (
    ("a", 0.5),
    ("b", 0.4),
    ("c", 0.4 * (1 - 1.2 * TIE)),
    ("d", 0.1),
)
TOLD = [A, B, C, D]


@pytest.mark.parametrize(
    "served",
    [TOLD, [A, C, B, D], [A, C], [("a", 0.5 + 5e-6), B], []],
)
def test_the_same_up_to_ties_and_noise(served: list[tuple[str, float]]) -> None:
    assert same_list(served, TOLD)


@pytest.mark.parametrize(
    "served",
    [
        [B, A, C, D],
        [A, B, D, C],
        [A, B, D],
        [A, B, B, D],
        [A, ("x", 0.4)],
        [("a", 0.5 + 5e-5)],
        [*TOLD, ("e", 0.05)],
    ],
)
def test_another_list_is_seen(served: list[tuple[str, float]]) -> None:
    assert not same_list(served, TOLD)
