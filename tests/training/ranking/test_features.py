"""Features of a day see nothing of that day or later."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.training.ranking.shop import FIRST, rows
from training.errors import TrainingError
from training.ranking.features import FeatureBuilder, _ranks, features_at
from training.ranking.orders import Orders
from training.ranking.scores import left_out
from training.scorers.limits import MOST_PRODUCTS

DAY = FIRST + 80


@pytest.fixture(scope="module")
def past() -> pd.DataFrame:
    return rows(80)


def ask(table: pd.DataFrame) -> tuple[np.ndarray, tuple[str, ...], np.ndarray]:
    return features_at(Orders.of(table), DAY, ["c001", "c008", "c030"])


def test_orders_on_the_day_or_later_change_nothing(past: pd.DataFrame) -> None:
    alone = ask(past)
    later = rows(30, seed=2).assign(day=lambda table: table["day"] + 80)
    later["invoice"] = "0" + later["invoice"]  # sorts before every invoice of the past
    later["text"] = "red mug 0"
    strangers = later.head(60).assign(customer="a000", product="10001", day=DAY, quantity=500.0)
    taken_back = past.head(200).assign(cancelled=True, day=DAY, invoice="C1")
    both = ask(pd.concat([strangers, later, past, taken_back], ignore_index=True))
    assert both[1] == alone[1]
    np.testing.assert_array_equal(both[2], alone[2])
    np.testing.assert_array_equal(both[0], alone[0])


def test_orders_of_the_day_before_do_change_them(past: pd.DataFrame) -> None:
    """Else the test above would pass on features that see nothing at all."""
    more = past.tail(40).assign(day=DAY - 1, invoice="more", customer="c001")
    assert not np.array_equal(ask(pd.concat([past, more]))[0], ask(past)[0], equal_nan=True)


def test_every_owned_product_is_a_candidate_and_told_apart(past: pd.DataFrame) -> None:
    values, names, found = ask(past)
    assert len(set(names)) == len(names) == values.shape[1]
    named = past[~past["cancelled"] & past["customer"].eq("c008")]
    owned = values[:, names.index("owned")] == 1
    assert set(found[owned & (found[:, 0] == "c008"), 1]) == set(named["product"])
    times = values[:, names.index("pair_times")]
    assert np.isnan(times[~owned]).all()
    assert (times[owned] >= 1).all()
    assert np.isfinite(values[:, [name.startswith("score_") for name in names]]).all()


def test_orders_before_a_day_are_those_of_its_rows(past: pd.DataFrame) -> None:
    early = past[past["day"] < DAY - 20]
    assert Orders.of(past).before(DAY - 20).digest() == Orders.of(early).digest()


def test_a_stranger_is_refused_by_name(past: pd.DataFrame) -> None:
    with pytest.raises(TrainingError, match="customer nobody bought nothing before 2020-03-21"):
        features_at(Orders.of(past), DAY, ["c001", "nobody"])


def test_a_day_before_all_orders_is_refused(past: pd.DataFrame) -> None:
    with pytest.raises(TrainingError, match="no orders before 2020-01-01"):
        features_at(Orders.of(past), FIRST, ["c001"])


def test_features_made_in_blocks_are_those_made_at_once(
    past: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    builder = FeatureBuilder(Orders.of(past), DAY)
    customers = np.arange(builder.snapshot.shape[0])
    whole = builder.features(customers)
    monkeypatch.setattr("training.scorers.limits.BLOCK_BYTES", 12_000_000)
    parts = list(builder.blocks(customers))
    assert 1 < len(parts) < len(customers)
    for name in ("customer", "product", "owned"):
        np.testing.assert_array_equal(
            np.concatenate([getattr(part, name) for part in parts]), getattr(whole, name)
        )
    np.testing.assert_allclose(np.concatenate([part.values for part in parts]), whole.values, atol=1e-5)


def test_ranks_and_shares_by_hand() -> None:
    value = np.array([3, 9, 5, np.nan, 1, 2], np.float32)
    owned = np.array([False, True, False, False, True, False])
    rank, relative = _ranks(value, owned, np.array([0, 0, 0, 0, 1, 1]))
    # Of the first customer 9 is owned: the first of all; of the others 5 is before 3. The reference is 3.
    np.testing.assert_allclose(rank, np.log1p([1, 0, 0, np.nan, 1, 0]), rtol=1e-6)
    np.testing.assert_allclose(relative, [1, 3, 5 / 3, np.nan, 0.5, 1], rtol=1e-6)


def test_what_a_ridge_has_no_room_for_is_missing_and_still_a_candidate(past: pd.DataFrame) -> None:
    builder = FeatureBuilder(Orders.of(past), DAY, most_products=20)
    features = builder.features(np.arange(30))
    scored = builder.scores["ease"].products
    assert scored is not None
    assert len(scored) == 20
    inside = np.isin(features.product, scored)
    for name in ("score_ease", "rank_ease", "relative_ease", "score_supervised"):
        values = features.values[:, features.names.index(name)]
        np.testing.assert_array_equal(np.isnan(values), ~inside)
    assert (~inside).sum() > 100
    assert np.isfinite(features.values[:, features.names.index("score_als128")]).all()


def test_a_score_that_does_not_fit_is_left_out_by_name(past: pd.DataFrame) -> None:
    assert left_out((14_000, 100_000), MOST_PRODUCTS) == {}
    large = left_out((3_000_000, 100_000), MOST_PRODUCTS)
    assert set(large) == {"als128", "neighbours", "neighbours_recent"}
    assert large["als128"] == "needs 1,514 MiB for 3,000,000 customers and 100,000 products, of at most 1,024"
    assert "ease" in left_out((14_000, 20_000), 20_000)
    orders = Orders.of(past)
    every, fewer = (FeatureBuilder(orders, DAY, without=without) for without in ((), tuple(large)))
    gone = {name for name in every.features(np.arange(3)).names if name.partition("_")[2] in large}
    assert len(gone) == 9
    assert set(every.features(np.arange(3)).names) - set(fewer.features(np.arange(3)).names) == gone
