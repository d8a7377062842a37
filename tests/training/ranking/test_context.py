"""What is learned of baskets: by what was known on the day, and more than best sellers."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from tests.training.ranking.shop import FIRST, PRODUCTS_OF_A_TASTE, rows
from training.ranking.context import Basket, baskets_of, shown_part, unfitted
from training.ranking.history_snapshot import HistorySnapshot
from training.ranking.orders import Orders
from training.release import ReleaseContext, ReleaseDamaged
from training.release.context_scores import FEATURES, NO_LIST, Brought, ContextScorer, candidates

DAY = FIRST + 70
NONE = np.empty(0, np.int64)


@pytest.fixture(scope="module")
def orders() -> Orders:
    return Orders.of(rows(90))


def test_what_comes_later_changes_nothing(orders: Orders) -> None:
    seen, cut = (unfitted(HistorySnapshot(some, DAY)) for some in (orders, orders.before(DAY)))
    for field in fields(ContextScorer):
        np.testing.assert_array_equal(getattr(seen.scorer, field.name), getattr(cut.scorer, field.name))


def test_products_of_one_basket_are_neighbours(orders: Orders) -> None:
    context = unfitted(HistorySnapshot(orders, DAY))
    taste = np.arange(len(context.codes)) // PRODUCTS_OF_A_TASTE
    assert len(context.codes) == 60
    for product in range(len(context.codes)):
        found, values = candidates(context.scorer, Brought.of(np.array([product]), NONE), NO_LIST)
        best = found[np.argsort(-values[:, FEATURES.index("mean_cosine")])][:5]
        assert (taste[best] == taste[product]).mean() >= 0.8
        assert product not in found


def test_a_basket_is_of_two_known_products_and_a_part_is_shown(orders: Orders) -> None:
    snapshot = HistorySnapshot(orders, DAY)
    baskets = list(baskets_of(orders, snapshot, DAY, DAY + 20))
    assert len(baskets) > 100
    assert any(basket.customer < 0 for basket in baskets)
    random = np.random.default_rng(0)
    for basket in baskets:
        brought, rest = shown_part(basket, random)
        assert len(brought.products) >= 1
        assert len(rest) >= 1
        both = np.concatenate([brought.products, rest])
        assert sorted(both.tolist()) == basket.products.tolist()
    one = Basket(0, np.array([1, 2]), 0)
    assert {len(shown_part(one, random)[1]) for _ in range(20)} == {1}


def test_a_viewed_product_counts_half_and_once() -> None:
    brought = Brought.of(np.array([4, 4, 2]), np.array([2, 7]), 3)
    assert dict(zip(brought.products.tolist(), brought.weights.tolist(), strict=True)) == {2: 1, 4: 1, 7: 0.5}


def test_a_file_of_other_features_is_refused(orders: Orders, tmp_path: Path) -> None:
    context = unfitted(HistorySnapshot(orders, DAY))
    context.write(tmp_path)
    again = ReleaseContext.read(tmp_path)
    assert again is not None
    np.testing.assert_array_equal(again.scorer.cosine, context.scorer.cosine)
    path = tmp_path / "context.npz"
    with np.load(path) as stored:
        arrays = dict(stored)
    np.savez(path, **(arrays | {"features": np.array(["other"])}))
    with pytest.raises(ReleaseDamaged, match="other features"):
        ReleaseContext.read(tmp_path)
    path.write_bytes(b"no table")
    with pytest.raises(ReleaseDamaged, match="is not what scores"):
        ReleaseContext.read(tmp_path)
