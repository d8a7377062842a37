"""Features know nothing of the future, and are the same at training and at serving."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.features.baskets import Baskets, Purchases, baskets_of
from training.features.catalogue import catalogue_of
from training.features.examples import Examples, Shape
from training.features.history import USER_FEATURES, features_at, last_bought, time_features

purchases = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 30)), max_size=60, unique=True)


def _purchases(pairs: list[tuple[int, int]]) -> Purchases:
    pairs = sorted(pairs)
    return Purchases(
        np.array([item for _, item in pairs], np.int32), np.array([day for day, _ in pairs], np.int32)
    )


@given(purchases, st.integers(0, 61))
def test_what_comes_later_changes_nothing(pairs: list[tuple[int, int]], day: int) -> None:
    every, known = _purchases(pairs), _purchases([pair for pair in pairs if pair[0] < day])
    features = features_at(every.before(day), day, 16, 30)
    of_all = features_at(known, day, 16, 30)
    for name in ("history", "weights", "user"):
        np.testing.assert_array_equal(getattr(features, name), getattr(of_all, name))
    assert (np.diff(features.weights) <= 0).all()
    assert set(features.history.tolist()) - {0} <= {item for when, item in pairs if when < day}


def test_purchase_of_the_day_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="not known"):
        features_at(_purchases([(3, 1)]), 3, 16, 30)


def test_weights_halve_with_age_and_add_up() -> None:
    features = features_at(_purchases([(0, 7), (30, 7), (30, 8)]), 60, 4, 30)
    assert features.history.tolist() == [7, 8, 0, 0]
    np.testing.assert_allclose(features.weights, [0.25 + 0.5, 0.5, 0, 0])
    assert last_bought(_purchases([(0, 9), (30, 7), (30, 8), (0, 7)])) == [7, 8, 9]


def test_time_is_told_by_circles_of_a_week_and_of_a_year() -> None:
    monday = int(np.datetime64("2011-08-29", "D").astype(int))
    week = time_features(np.arange(monday, monday + 8))
    np.testing.assert_allclose(week[0, [0, 2]], [0, 1], atol=1e-9)
    np.testing.assert_allclose(week[7, [0, 2]], week[0, [0, 2]], atol=1e-9)
    assert len({tuple(point) for point in week[:7, [0, 2]].round(6)}) == 7
    np.testing.assert_allclose(time_features(monday + 365.2425)[[1, 3]], week[0, [1, 3]], atol=1e-9)
    np.testing.assert_allclose((week**2).sum(1), 2)
    plain, timed = (features_at(_purchases([(0, 7)]), 60, 4, 30, time) for time in (False, True))
    np.testing.assert_array_equal(timed.user[:USER_FEATURES], plain.user)
    np.testing.assert_allclose(timed.user[USER_FEATURES:], time_features(60), rtol=1e-6)


def _log() -> pd.DataFrame:
    rows = [
        ("a", "10001", "RED CUP", 1.0, "2011-09-01"),
        ("a", "10002", "BLUE CUP", 2.0, "2011-09-01"),
        ("a", "10001", "RED CUP", 1.2, "2011-09-03"),
        ("b", "10001", "CUP, RED", 1.1, "2011-09-02"),
        ("b", "10003", "", 3.0, "2011-09-02"),
    ]
    table = pd.DataFrame(rows, columns=["customer", "stock_code", "description", "price", "at"])
    return table.assign(at=pd.to_datetime(table["at"]).astype("datetime64[s]"))


def test_catalogue_takes_the_most_frequent_description_and_the_median_price() -> None:
    catalogue = catalogue_of(_log())
    assert [(i.product_code, i.description, i.price, i.popularity_rank) for i in catalogue.products] == [
        ("10001", "RED CUP", 1.1, 1),
        ("10002", "BLUE CUP", 2.0, 2),
        ("10003", "10003", 3.0, 3),
    ]
    features = catalogue.features()
    assert features.shape[0] == 4
    assert not features[0].any()
    assert np.isfinite(features).all()


@settings(max_examples=20)
@given(st.integers(0, 5))
def test_examples_are_deterministic_and_never_show_what_is_to_predict(epoch: int) -> None:
    log = _log()
    baskets = baskets_of(log, catalogue_of(log))
    examples = Examples(baskets, Shape(length=8, half_life_days=30, batch=4), seed=3)
    drawn, drawn_again = examples.arrays(epoch), examples.arrays(epoch)
    assert len(examples) == 3  # the next basket of a; the rest of the first baskets of a and of b
    assert drawn["weight"].astype(bool).sum() == len(examples)
    for name in drawn:
        np.testing.assert_array_equal(drawn[name], drawn_again[name])
    for row in range(len(drawn["weight"])):
        revealed, wanted = (
            set(drawn["revealed"][row].tolist()) - {0},
            set(drawn["targets"][row].tolist()) - {0},
        )
        assert not revealed & wanted
        assert revealed <= set(drawn["history"][row].tolist())


@settings(max_examples=25)
@given(st.lists(purchases, min_size=1, max_size=4), st.integers(0, 3), st.integers(1, 12), st.booleans())
def test_drawn_histories_are_those_of_serving_to_the_last_bit(
    customers: list[list[tuple[int, int]]], epoch: int, length: int, time: bool
) -> None:
    """Examples add histories up over all rows at a time; serving asks ``features_at`` for one customer."""
    by_customer = {str(number): _purchases(pairs) for number, pairs in enumerate(customers)}
    examples = Examples(
        Baskets(by_customer), Shape(length=length, half_life_days=7, batch=3, time=time), seed=5
    )
    arrays = examples.arrays(epoch)
    order = np.random.default_rng([5, epoch]).permutation(len(examples))
    assert len(arrays["weight"]) == 3 * examples.steps
    for row, number in enumerate(order):
        known, day, rest = examples._days[number]
        revealed = arrays["revealed"][row][arrays["revealed"][row] > 0]
        assert bool(len(revealed)) == rest
        before = known.before(day)
        features = features_at(
            Purchases(
                np.concatenate([before.products, revealed]),
                np.concatenate([before.days, np.full(len(revealed), day, np.int32)]),
            ),
            day + rest,
            length,
            7,
            time,
        )
        np.testing.assert_array_equal(arrays["history"][row], features.history)
        np.testing.assert_array_equal(arrays["weights"][row], features.weights)
        np.testing.assert_allclose(arrays["user"][row], features.user, rtol=1e-6)
        basket = set(known.on(day).tolist())
        assert set(arrays["targets"][row].tolist()) - {0} <= basket - set(revealed.tolist())


@settings(max_examples=25)
@given(purchases, st.integers(1, 59))
def test_a_future_row_slipped_in_changes_no_example_of_the_days_before(
    pairs: list[tuple[int, int]], day: int
) -> None:
    def known(some: list[tuple[int, int]]) -> dict[tuple[int, bool], bytes]:
        examples = Examples(Baskets({"a": _purchases(some)}), Shape(16, 30, 4), seed=1)
        facts = examples.features
        return {
            (int(facts.day[number]), bool(facts.rest[number])): b"".join(
                np.ascontiguousarray(values[facts.splits[number] : facts.splits[number + 1]]).tobytes()
                for values in (facts.products, facts.decayed, facts.newest)
            )
            for number in range(len(examples))
        }

    past = [pair for pair in pairs if pair[0] < day]
    before, after = known(past), known([*past, (day, 1), (60, 2)])
    assert {key: after[key] for key in before} == before
