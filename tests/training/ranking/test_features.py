"""Features of a day see nothing of that day or later."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.training.ranking.shop import FIRST, rows
from training.errors import TrainingError
from training.ranking.features import features_at
from training.ranking.orders import Orders

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
