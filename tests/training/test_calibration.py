"""Probabilities held against what happened: by hand, and what must hold of any."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.validation.calibration import calibration
from training.validation.ranked_lists import probabilities_of

LINES = st.lists(
    st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=6), min_size=1, max_size=12
).filter(lambda lines: any(lines))


def test_by_hand() -> None:
    found = calibration([[0.05, 1.0], [0.05, 1.0]], [[True, True], [False, True]], bins=2)
    assert found is not None
    assert [(bin_.told, bin_.happened, bin_.pairs) for bin_ in found.bins] == [(0.05, 0.5, 2), (1.0, 1.0, 2)]
    assert found.error == pytest.approx((2 * 0.45 + 0) / 4)
    assert found.brier == pytest.approx((0.95**2 + 0.05**2) / 4)
    assert found.told == pytest.approx(0.525)
    assert found.happened == pytest.approx(0.75)
    assert calibration([[], []], [[], []]) is None


@settings(max_examples=60)
@given(LINES)
def test_bins_hold_every_pair_once_and_do_not_overlap(lines: list) -> None:
    found = calibration([[p for p, _ in line] for line in lines], [[y for _, y in line] for line in lines])
    assert found is not None
    assert sum(bin_.pairs for bin_ in found.bins) == sum(map(len, lines))
    assert [bin_.told for bin_ in found.bins] == sorted(bin_.told for bin_ in found.bins)
    low, high = found.happened_interval
    assert 0 <= low <= high <= 1
    assert 0 <= found.error <= 1
    assert 0 <= found.brier <= 1
    for bin_ in found.bins:
        assert 0 <= bin_.low <= bin_.high <= 1
    # Nobody is surprised on average beyond the error: |mean told - mean happened| is its lower bound.
    assert abs(found.told - found.happened) <= found.error + 1e-9


def test_true_probabilities_are_near_and_wrong_ones_are_far() -> None:
    random = np.random.default_rng(7)
    probabilities = random.beta(1, 6, (800, 20))
    happened = (random.random(probabilities.shape) < probabilities).tolist()
    right, halved = (calibration(values.tolist(), happened) for values in (probabilities, probabilities / 2))
    assert right is not None
    assert halved is not None
    assert right.error < 0.01 < halved.error
    assert np.mean([bin_.low <= bin_.told <= bin_.high for bin_ in right.bins]) >= 0.7
    assert np.mean([bin_.low <= bin_.told <= bin_.high for bin_ in halved.bins]) <= 0.3


def test_intervals_are_of_customers_whose_products_come_together() -> None:
    alone = calibration([[0.5]] * 400, [[bool(n % 2)] for n in range(400)], bins=1)
    together = calibration([[0.5] * 20] * 20, [[bool(n % 2)] * 20 for n in range(20)], bins=1)
    assert alone is not None
    assert together is not None
    assert together.bins[0].high - together.bins[0].low > 3 * (alone.bins[0].high - alone.bins[0].low)


def test_a_score_without_bounds_and_a_missing_one_are_no_probabilities() -> None:
    assert probabilities_of([[0.2, 0.9], []]) == [[0.2, 0.9], []]
    assert probabilities_of([[0.2], [1.1]]) is None
    assert probabilities_of([[0.2], [float("nan")]]) is None
    assert probabilities_of([[], []]) is None
