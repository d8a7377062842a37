"""Features know nothing of the future, and are the same at training and at serving."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.held_histories import HeldHistories, examples_of, purchases_of
from training.features.baskets import Purchases
from training.features.catalogue import catalogue_of
from training.features.epoch_examples import EpochExamples
from training.features.examples import TARGETS, Examples, Shape, sorted_by
from training.features.history import USER_FEATURES, features_at, last_bought, time_features
from training.features.purchase_tables import product_table
from training.tables.engine import EMBEDDED

purchases = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 30)), max_size=60, unique=True)


@given(purchases, st.integers(0, 61))
def test_what_comes_later_changes_nothing(pairs: list[tuple[int, int]], day: int) -> None:
    every, known = (purchases_of(sorted(each)) for each in (pairs, [pair for pair in pairs if pair[0] < day]))
    features = features_at(every.before(day), day, 16, 30)
    of_all = features_at(known, day, 16, 30)
    for name in ("history", "weights", "user"):
        np.testing.assert_array_equal(getattr(features, name), getattr(of_all, name))
    assert (np.diff(features.weights) <= 0).all()
    assert set(features.history.tolist()) - {0} <= {item for when, item in pairs if when < day}


def test_purchase_of_the_day_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="not known"):
        features_at(purchases_of([(3, 1)]), 3, 16, 30)


def test_weights_halve_with_age_and_add_up() -> None:
    features = features_at(purchases_of([(0, 7), (30, 7), (30, 8)]), 60, 4, 30)
    assert features.history.tolist() == [7, 8, 0, 0]
    np.testing.assert_allclose(features.weights, [0.25 + 0.5, 0.5, 0, 0])
    assert last_bought(purchases_of([(0, 7), (0, 9), (30, 7), (30, 8)])) == [7, 8, 9]


def test_time_is_told_by_circles_of_a_week_and_of_a_year() -> None:
    monday = int(np.datetime64("2011-08-29", "D").astype(int))
    week = time_features(np.arange(monday, monday + 8))
    np.testing.assert_allclose(week[0, [0, 2]], [0, 1], atol=1e-9)
    np.testing.assert_allclose(week[7, [0, 2]], week[0, [0, 2]], atol=1e-9)
    assert len({tuple(point) for point in week[:7, [0, 2]].round(6)}) == 7
    np.testing.assert_allclose(time_features(monday + 365.2425)[[1, 3]], week[0, [1, 3]], atol=1e-9)
    np.testing.assert_allclose((week**2).sum(1), 2)
    plain, timed = (features_at(purchases_of([(0, 7)]), 60, 4, 30, time) for time in (False, True))
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


def test_catalogue_takes_the_most_frequent_description_and_the_median_price(tmp_path: Path) -> None:
    _log().to_parquet(tmp_path / "log.parquet")
    table = EMBEDDED.write(
        product_table(EMBEDDED.scan(tmp_path / "log.parquet")), tmp_path / "products.parquet"
    )
    catalogue = catalogue_of(pq.read_table(table))
    assert [(i.product_code, i.description, i.price, i.popularity_rank) for i in catalogue.products] == [
        ("10001", "RED CUP", 1.1, 1),
        ("10002", "BLUE CUP", 2.0, 2),
        ("10003", "10003", 3.0, 3),
    ]
    features = catalogue.features()
    assert features.shape[0] == 4
    assert not features[0].any()
    assert np.isfinite(features).all()


@given(st.lists(purchases, min_size=1, max_size=6), st.integers(0, 5), st.integers(1, 3))
def test_examples_are_deterministic_and_never_show_what_is_to_predict(
    customers: list[list[tuple[int, int]]], epoch: int, parts: int
) -> None:
    by_customer = {str(number): purchases_of(sorted(pairs)) for number, pairs in enumerate(customers)}
    source = HeldHistories(by_customer, shards=4, parts=parts)
    examples = examples_of(source, Shape(length=8, half_life_days=30, batch=4), seed=3)
    count = 0
    for part in range(parts):
        drawn, again = (examples.draw(epoch, part) for _ in range(2))
        assert drawn.splits[-1] == len(drawn.weight) - 1
        count += int(drawn.splits[-1])
        arrays, same = drawn.padded(8, TARGETS), again.padded(8, TARGETS)
        for name in arrays:
            np.testing.assert_array_equal(arrays[name], same[name])
        for row in range(len(arrays["weight"])):
            revealed, wanted = (set(arrays[name][row].tolist()) - {0} for name in ("revealed", "targets"))
            assert not revealed & wanted
            assert revealed <= set(arrays["history"][row].tolist())
    assert count == len(examples) == int(source.examples.sum())


@settings(max_examples=40)
@given(
    st.lists(purchases, min_size=1, max_size=30),
    st.integers(0, 3),
    st.integers(1, 5),
    st.integers(1, 3),
    st.integers(1, 9),
)
def test_however_many_workers_share_the_shards_a_step_has_the_same_examples(
    customers: list[list[tuple[int, int]]], epoch: int, workers: int, parts: int, batch: int
) -> None:
    by_customer = {str(number): purchases_of(sorted(pairs)) for number, pairs in enumerate(customers)}
    source = HeldHistories(by_customer, shards=8, parts=parts)
    alone = examples_of(source, Shape(length=16, half_life_days=30, batch=batch), seed=7)
    shares = [alone.of_worker(index, workers) for index in range(workers)]
    assert {share.steps for share in shares} == {alone.steps}
    seen = []
    for step in range(alone.steps):
        part, number = alone.place(epoch, step)
        assert {share.place(epoch, step) for share in shares} == {(part, number)}
        whole = _rows(alone.draw(epoch, part), number)
        assert sum((_rows(share.draw(epoch, part), number) for share in shares), Counter()) == whole
        for share in shares:
            assert sum(_rows(share.draw(epoch, part), number).values()) <= share.most_rows
        seen.append((part, number, sum(whole.values())))
    assert len({place[:2] for place in seen}) == alone.steps, "no step comes twice"
    assert sum(rows for _, _, rows in seen) == len(alone)


def _rows(drawn: EpochExamples, step: int) -> Counter[bytes]:
    """The examples of a step, whatever their order."""
    arrays = [*drawn.padded(16, TARGETS).values(), drawn.chance]
    rows = range(*drawn.splits[step : step + 2])
    return Counter(b"".join(np.ascontiguousarray(array[row]).tobytes() for array in arrays) for row in rows)


def test_each_step_takes_the_same_share_of_every_shard() -> None:
    random = np.random.default_rng(1)
    pairs = [
        sorted({(int(day), int(random.integers(1, 40))) for day in random.integers(0, 40, 60)})
        for _ in "x" * 96
    ]
    by_customer = {str(number): purchases_of(each) for number, each in enumerate(pairs)}
    examples = examples_of(HeldHistories(by_customer, shards=16), Shape(4, 30, batch=200), seed=1)
    assert examples.steps > 10
    rows = np.diff(examples.draw(0).splits)
    assert abs(rows / (len(examples) / examples.steps) - 1).max() < 0.05
    assert not np.array_equal(examples.draw(0).chance, examples.draw(1).chance)
    halves = [np.diff(examples.of_worker(index, 2).draw(0).splits) for index in (0, 1)]
    assert (abs(halves[0] - halves[1]) < 0.2 * rows).all()


@settings(max_examples=25)
@given(st.lists(purchases, min_size=1, max_size=4), st.integers(0, 3), st.integers(1, 12), st.booleans())
def test_drawn_histories_are_those_of_serving_to_the_last_bit(
    customers: list[list[tuple[int, int]]], epoch: int, length: int, time: bool
) -> None:
    """Examples add histories up over all rows at a time; serving asks ``features_at`` for one customer."""
    by_customer = {str(number): purchases_of(sorted(pairs)) for number, pairs in enumerate(customers)}
    shape = Shape(length=length, half_life_days=7, batch=3, time=time)
    examples = examples_of(HeldHistories(by_customer), shape, seed=5)
    drawn = examples.draw(epoch)
    arrays = drawn.padded(length, TARGETS)
    wanted = Counter(
        (number, day, rest)
        for number, known in enumerate(by_customer.values())
        for days in [np.unique(known.days).tolist()]
        for rest in (False, True)
        for day in (days if rest else days[1:])
        if not rest or len(known.on(day)) > 1
    )
    facts, order = examples.features(0), _order(examples, drawn, epoch)
    for row, number in enumerate(order):
        known = by_customer[str(facts.shard[number])]  # as many shards as customers, and more
        day, rest = int(facts.day[number]), bool(facts.rest[number])
        wanted[int(facts.shard[number]), day, rest] -= 1
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
    assert not +wanted
    assert not -wanted


def _order(examples: Examples, drawn: EpochExamples, epoch: int) -> list[int]:
    """The number of each row's example among the facts, by what was drawn for it."""
    facts, chances = examples.features(0), []
    for shard in np.unique(facts.shard).tolist():
        chances.extend(_chance(examples, epoch, shard))
    place = {chance: number for number, chance in enumerate(chances)}
    return [place[chance] for chance in drawn.chance[:-1].tolist()]


def _chance(examples: Examples, epoch: int, shard: int) -> list[float]:
    count = int((examples.features(0).shard == shard).sum())
    chance: list[float] = np.random.default_rng([examples.seed, epoch, 0, shard]).random(count).tolist()
    return chance


@settings(max_examples=25)
@given(purchases, st.integers(1, 59))
def test_a_future_row_slipped_in_changes_no_example_of_the_days_before(
    pairs: list[tuple[int, int]], day: int
) -> None:
    def known(some: list[tuple[int, int]]) -> dict[tuple[int, bool], bytes]:
        source = HeldHistories({"a": purchases_of(sorted(set(some)))})
        facts = examples_of(source, Shape(16, 30, 4), seed=1).features(0)
        return {
            (int(facts.day[number]), bool(facts.rest[number])): b"".join(
                np.ascontiguousarray(values[facts.splits[number] : facts.splits[number + 1]]).tobytes()
                for values in (facts.products, facts.decayed, facts.newest)
            )
            for number in range(len(facts.day))
        }

    past = [pair for pair in pairs if pair[0] < day]
    before, after = known(past), known([*past, (day, 1), (60, 2)])
    assert {key: after[key] for key in before} == before


def test_sorting_by_one_key_at_a_time_is_sorting_by_all_of_them() -> None:
    random = np.random.default_rng(1)
    rows, weights, days = (
        random.integers(5, size=500),
        random.integers(4, size=500) / 7,
        random.integers(3, size=500),
    )
    np.testing.assert_array_equal(sorted_by(rows, -weights / 7, days), np.lexsort((days, -weights / 7, rows)))
    assert sorted_by(rows[:0]).tolist() == []
