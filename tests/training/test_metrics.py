"""recall, NDCG and the rest on lists small enough to score by hand, and what must hold of any list."""

from __future__ import annotations

from random import Random

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.validation.bootstrap import SEED, distinct_interval, interval, ratio_interval
from training.validation.interaction_matrix import interaction_matrix_of
from training.validation.metrics import novelty, per_customer, score
from training.validation.segments import segments

PRODUCTS = 30
LISTS = st.lists(
    st.tuples(
        st.lists(st.integers(1, PRODUCTS), unique=True, max_size=25),
        st.sets(st.integers(1, PRODUCTS), max_size=25),
    ),
    min_size=1,
    max_size=8,
)


def test_scores_by_hand() -> None:
    scores = score([[1, 2, 3], [4, 5, 6], [7, 8, 9]], [{2}, {4, 6, 1}, set()], products=18, k=3)
    assert scores.customers == 2
    assert scores.recall == pytest.approx((1 + 2 / 3) / 2)
    gains = 1 / np.log2([2, 3, 4])
    assert scores.ndcg == pytest.approx((gains[1] / gains[0] + (gains[0] + gains[2]) / gains.sum()) / 2)
    assert scores.coverage == pytest.approx(9 / 18)


@settings(max_examples=60)
@given(LISTS)
def test_scores_are_shares_and_a_list_of_what_was_bought_is_perfect(lists: list) -> None:
    recommended, bought = [shown for shown, _ in lists], [products for _, products in lists]
    scores = score(recommended, bought, PRODUCTS, shares=np.full(PRODUCTS, 0.25))
    for value in (scores.recall, scores.ndcg, scores.coverage):
        assert 0 <= value <= 1
    low, high = scores.recall_interval
    assert low <= scores.recall + 1e-9
    assert scores.recall <= high + 1e-9
    assert scores.novelty in (None, pytest.approx(2.0))
    assert scores.novelty_interval in (None, pytest.approx((2.0, 2.0)))
    low, high = scores.coverage_interval
    assert 0 <= low <= scores.coverage + 1e-9
    assert scores.coverage <= high + 1e-9 <= 1 + 1e-9
    perfect = score([sorted(products) for products in bought], bought, PRODUCTS)
    if scores.customers:
        assert perfect.recall == pytest.approx(1)
        assert perfect.ndcg == pytest.approx(1)


@settings(max_examples=60)
@given(LISTS, st.randoms(use_true_random=False))
def test_the_order_of_customers_is_nothing_and_the_order_of_a_list_only_of_ndcg(
    lists: list, random: Random
) -> None:
    first = per_customer([shown for shown, _ in lists], [products for _, products in lists])
    shuffled = list(range(len(lists)))
    random.shuffle(shuffled)
    again = per_customer([lists[i][0] for i in shuffled], [lists[i][1] for i in shuffled])
    assert np.array_equal(first.recall[shuffled], again.recall, equal_nan=True)
    turned = per_customer(
        [sorted(shown[:20], reverse=True) for shown, _ in lists], [products for _, products in lists]
    )
    assert np.array_equal(first.recall, turned.recall, equal_nan=True)


def test_novelty_is_the_mean_of_the_bits() -> None:
    assert novelty([1, 2, 2], np.array([0.5, 0.125])) == pytest.approx((1 + 3 + 3) / 3)


def test_intervals_cover_the_mean_about_as_often_as_they_say_and_are_the_same_twice() -> None:
    random = np.random.default_rng(3)
    samples = random.beta(1, 3, (300, 60))
    covered = [low <= 0.25 <= high for low, high in (interval(sample, rounds=400) for sample in samples)]
    assert 0.90 <= np.mean(covered) <= 0.98
    assert interval(samples[0]) == interval(samples[0])
    assert interval(samples[0], seed=1) != interval(samples[0], seed=2)


def _shown(random: np.random.Generator, customers: int, products: int, k: int) -> list[list[int]]:
    """Lists of k products each, of which a few are in most lists."""
    popular = -np.log(np.arange(1, products + 1)) + random.gumbel(size=(customers, products))
    return (np.argpartition(-popular, k, axis=1)[:, :k] + 1).tolist()


def test_the_interval_of_coverage_holds_what_new_customers_would_be_shown() -> None:
    random = np.random.default_rng(4)
    worlds = [_shown(random, 80, 400, 10) for _ in range(100)]
    numbers = [len({item for line in lists for item in line}) for lists in worlds]
    intervals = [distinct_interval(lists, rounds=400) for lists in worlds]
    assert np.mean([low <= np.mean(numbers) <= high for low, high in intervals]) >= 0.85
    assert all(low < number < high for number, (low, high) in zip(numbers, intervals, strict=True))
    # No wider than it must be: about four standard deviations of the number between samples.
    assert np.mean([high - low for low, high in intervals]) < 2 * 3.92 * np.std(numbers)


def test_the_interval_of_coverage_counts_as_one_would_by_hand() -> None:
    lists = [*_shown(np.random.default_rng(5), 30, 50, 4), [], [7]]
    random = np.random.default_rng(SEED)
    numbers = np.array(
        [
            len({item for row in rows for item in lists[row]})
            for start in (0, 200)
            for rows in random.integers(0, len(lists), (200 if start == 0 else 100, len(lists)))
        ]
    )
    distinct = len({item for line in lists for item in line})
    expected = np.quantile(numbers, [0.025, 0.975]) + distinct - numbers.mean()
    assert distinct_interval(lists, rounds=300) == pytest.approx(tuple(expected))


def test_the_interval_of_coverage_holds_what_was_seen_where_hardly_a_resample_differs() -> None:
    # All but one resample in 256 show the eleven products: the mean lies below every number but that one's.
    assert distinct_interval([[], *[list(range(1, 12))] * 3])[0] == 11


def test_the_interval_of_novelty_weighs_customers_by_their_lists() -> None:
    bits, lengths = np.array([2.0, 40.0, 3.0]), np.array([1, 20, 0])
    random = np.random.default_rng(SEED)
    rows = np.concatenate([random.integers(0, 3, (200, 3)) for _ in range(2)])
    sums = lengths[rows].sum(axis=1)
    expected = np.quantile(bits[rows].sum(axis=1)[sums > 0] / sums[sums > 0], [0.025, 0.975])
    assert ratio_interval(bits, lengths, rounds=400) == pytest.approx(tuple(expected))
    assert ratio_interval(bits, np.zeros(3)) == (0.0, 0.0)


def test_coverage_and_novelty_are_told_with_their_intervals() -> None:
    lists = _shown(np.random.default_rng(6), 120, 900, 20)
    shares = 1 / np.arange(1, 901)
    scores = score(lists, [{1, 2}] * 120, 900, shares=shares)
    low, high = scores.coverage_interval
    assert low < scores.coverage < high <= 1
    assert scores.novelty is not None
    assert scores.novelty_interval is not None
    assert scores.novelty_interval[0] < scores.novelty < scores.novelty_interval[1]
    assert score(lists, [{1, 2}] * 120, 900).novelty_interval is None
    assert score([[]], [{1}], 200).coverage_interval == (0.0, 0.0)


def test_customers_fall_into_segments_by_what_they_bought_before() -> None:
    rows = [(f"c{n}", "A", day, 1, "X") for n in range(9) for day in (1, 2, 3)]
    rows += [("big", "A", day, 500, "Y") for day in (1, 2, 3)] + [("once", "A", 1, 900, "X")]
    frame = pd.DataFrame(rows, columns=["customer", "stock_code", "day", "quantity", "country"])
    frame["at"] = pd.Timestamp("2011-09-01") + pd.to_timedelta(frame["day"], "D")
    past = interaction_matrix_of([frame], {"A": 1}, 20_000)
    past = past.with_countries(dict(zip(frame["customer"], frame["country"], strict=True)))
    found = segments(past, past.rows_of(["big", "c1", "once"]))
    assert {name: members.tolist() for name, members in found.items()} == {
        "new": [False, False, True],
        "regular": [False, True, False],
        "bulk buyers": [True, False, False],
        "X": [False, True, True],
        "other countries": [True, False, False],
    }


def test_a_country_with_enough_customers_is_a_segment_of_its_own() -> None:
    homes = ["X"] * 30 + ["Y"] * 20 + ["Z"] * 19
    rows = [(f"c{n:02}", "A", 1, 1, home) for n, home in enumerate(homes)]
    frame = pd.DataFrame(rows, columns=["customer", "stock_code", "day", "quantity", "country"])
    frame["at"] = pd.Timestamp("2011-09-01")
    past = interaction_matrix_of([frame], {"A": 1}, 20_000)
    past = past.with_countries(dict(zip(frame["customer"], frame["country"], strict=True)))
    found = segments(past, np.arange(len(homes)))
    assert {name: int(members.sum()) for name, members in found.items()} == {
        "new": 69, "X": 30, "Y": 20, "other countries": 19
    }  # fmt: skip
