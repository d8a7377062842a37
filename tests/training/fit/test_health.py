"""Slow workers are named, and leave when they stay slow."""

from __future__ import annotations

import math

import pytest

from training.fit.health import Health, NotANumber, stragglers


def test_a_worker_is_measured_against_the_median_of_the_others() -> None:
    assert stragglers([1.0, 1.1, 0.9, 3.0], 2.5) == {3: 3.0}
    assert stragglers([1.0, 2.1], 2.0) == {1: 2.1}
    assert stragglers([1.0, 5.0], 0.0) == {}
    assert stragglers([1.0], 0.5) == {}


def test_seconds_are_means_of_the_epoch_and_the_slow_one_is_named(
    log_lines: list[str],
) -> None:
    health = Health(me=0, ratio=2.0, epochs=2)
    health.step([1.0, 0.1, 0.2, 0.5], 1)
    health.step([1.0, 0.1, 0.4, 0.8], 2)
    assert health.epoch() == pytest.approx((0.3, 0.65))
    assert log_lines == [
        "worker 1 is slow: 0.650 s of its own for a step, 2.2 times the median of the others"
    ]
    assert not health.leaves
    assert health.epoch() == ()


def test_it_leaves_after_slow_epochs_in_a_row_only() -> None:
    health = Health(me=1, ratio=2.0, epochs=2)
    left = []
    for slow in (0.9, 0.1, 0.9, 0.9):
        health.step([1.0, 0.1, 0.1, slow], 1)
        health.epoch()
        left.append(health.leaves)
    assert left == [False, False, False, True]


@pytest.mark.parametrize(
    ("stats", "what"),
    [([math.nan, 1, 1], "loss"), ([1, math.inf, 1], "gradient"), ([1, math.nan, 1], "grad")],
)
def test_a_step_that_is_no_number_names_the_step(stats: list[float], what: str) -> None:
    with pytest.raises(NotANumber, match=f"{what}.* of step 7 is no number") as caught:
        Health().step(stats, 7)
    assert caught.value.at == 7
