"""The rule for ties: the same on both sides, and blind to what a processor does to last digits."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.release import context_scores
from training.ties import TIE, TIE_OF_DOUBLES, apart, best_columns, grouped_order

NOISE = TIE / 20
"""Of scores that are the same but for the machine that made them, relative."""


@pytest.fixture(scope="module")
def served() -> Any:
    """``ordered`` of the model that runs in Triton's image, beside which lies a file of training."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "context_scores", context_scores)
        from serving.models.recommend import answers
    assert answers.TIE == TIE
    return answers.ordered


def by_definition(scores: list[float]) -> list[int]:
    """The rule in plain Python: chains of ties, each in the order of the products' numbers."""
    left = sorted(range(len(scores)), key=lambda number: -scores[number])
    chains: list[list[int]] = []
    for number in left:
        if chains and scores[chains[-1][-1]] - scores[number] <= TIE * abs(scores[chains[-1][-1]]):
            chains[-1].append(number)
        else:
            chains.append([number])
    return [number for chain in chains for number in sorted(chain)]


# Few levels, and steps around the tolerance: equal scores, ties, chains of ties, and scores just apart.
score = st.builds(
    lambda level, steps: np.float32(level * (1 + steps * TIE * 0.45)),
    st.sampled_from([-3.0, -0.001, 0.0, 0.0807, 0.5, 250.0]),
    st.integers(0, 9),
)
scores_lists = st.lists(score, min_size=1, max_size=30)


@given(scores_lists, st.integers(1, 12))
def test_training_and_serving_order_by_one_rule(served: Any, scores: list[float], k: int) -> None:
    array = np.array(scores, np.float32)
    places = np.arange(len(array))
    expected = by_definition([float(score) for score in array])
    assert grouped_order(array, places, np.zeros_like(places)).tolist() == expected
    assert served(array, places).tolist() == expected
    assert best_columns(array[None], k).tolist() == [expected[:k]]
    shuffled = np.random.default_rng(len(scores)).permutation(places)
    assert shuffled[served(array[shuffled], shuffled)].tolist() == expected


@given(st.lists(st.tuples(st.integers(0, 2), score), min_size=1, max_size=40))
def test_a_tie_does_not_reach_into_another_group(rows: list[tuple[int, float]]) -> None:
    groups, scores = (
        np.array([value for value, _ in rows]),
        np.array([value for _, value in rows], np.float32),
    )
    order = grouped_order(scores, np.arange(len(rows)), groups)
    expected = []
    for group in sorted(set(groups.tolist())):
        members = np.flatnonzero(groups == group)
        expected += members[by_definition(scores[members].tolist())].tolist()
    assert order.tolist() == expected


@given(
    st.lists(st.sampled_from([0.9, 0.5, 0.0807035788, 0.08, 0.01, 1e-4]), min_size=2, max_size=25),
    st.data(),
)
def test_what_a_processor_adds_to_equal_scores_changes_no_list(
    served: Any, truth: list[float], data: st.DataObject
) -> None:
    noise = data.draw(st.lists(st.floats(-NOISE, NOISE), min_size=len(truth), max_size=len(truth)))
    computed = np.array(truth, np.float32) * (1 + np.array(noise))
    exact = [number for number, _ in sorted(enumerate(truth), key=lambda pair: (-pair[1], pair[0]))]
    places = np.arange(len(truth))
    assert served(computed.astype(np.float32), places).tolist() == exact
    assert grouped_order(computed, places, np.zeros_like(places)).tolist() == exact
    assert best_columns(computed[None], len(truth)).tolist() == [exact]


def test_the_two_products_that_were_seen_to_change_places() -> None:
    """0.0807035788 and 0.0807035863, of products 20051 and 20021."""
    codes = np.array([20021, 20051])
    for pair in ([0.0807035788, 0.0807035863], [0.0807035863, 0.0807035788]):
        order = grouped_order(np.array(pair, np.float32), codes, np.zeros(2))
        assert codes[order].tolist() == [20021, 20051]


def test_in_float64_a_difference_far_below_the_tie_still_counts() -> None:
    """The personal baselines tell equal counts apart by a millionth of the popularity."""
    scores = np.array([[3 + 1e-9, 3 + 2e-9, 3.0]])
    assert best_columns(scores, 3).tolist() == [[0, 1, 2]]
    assert best_columns(scores, 3, TIE_OF_DOUBLES).tolist() == [[1, 0, 2]]


def test_what_is_left_out_is_last_and_ties_with_nothing_else() -> None:
    scores = np.array([[-np.inf, 0.5, -np.inf, 0.1, -4.0]])
    assert best_columns(scores, 5).tolist() == [[1, 3, 4, 0, 2]]
    assert apart(np.array([0.5, -np.inf, -np.inf])).tolist() == [True, False]
