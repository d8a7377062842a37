"""Recall and NDCG, against figures made by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.training.ranking.shop import FIRST, rows
from training.ranking.measure import bought_after, measure
from training.ranking.normalise import Normaliser
from training.ranking.orders import Orders


def lists(**products: str) -> pd.DataFrame:
    told = [
        (customer, rank, product)
        for customer, chosen in products.items()
        for rank, product in enumerate(chosen.split(), 1)
    ]
    return pd.DataFrame(told, columns=["customer", "rank", "product"])


def test_figures_made_by_hand() -> None:
    bought = lists(anna="p q r", ben="p", cleo="z")[["customer", "product"]]
    figures = measure(lists(anna="q x", ben="x p", dora="p q"), bought, top=2)
    # anna: 1 of min(2, 3); ben: 1 of 1, in the second place; cleo has no list: 0; dora bought nothing.
    second = 1 / np.log2(3)
    assert figures.customers == 3
    assert figures.recall == pytest.approx((0.5 + 1 + 0) / 3)
    assert figures.ndcg == pytest.approx((1 / (1 + second) + second + 0) / 3)
    assert figures.recall_error == pytest.approx(np.std([0.5, 1, 0]) / np.sqrt(3))


def test_the_best_lists_reach_one() -> None:
    bought = lists(anna="p q r s", ben="x")[["customer", "product"]]
    figures = measure(lists(anna="s q p r", ben="x a b"), bought, top=3)
    assert (figures.recall, figures.ndcg) == (1, 1)


def test_only_known_customers_and_products_count_and_owned_ones_are_not_new() -> None:
    table = rows(20)
    past = Orders.of(table)
    owned = table[~table["cancelled"] & table["customer"].ne("")].iloc[0]
    month = pd.concat([owned.to_frame().T] * 3, ignore_index=True).assign(day=FIRST + 25)
    month.loc[1, "customer"] = "stranger"
    month.loc[2, "product"] = "99999"
    bought = bought_after(past, month.astype({"cancelled": bool}))
    assert bought.to_dict("records") == [
        {"customer": owned["customer"], "product": owned["product"], "new": False}
    ]


def test_the_normaliser_keeps_order_and_puts_missing_values_in_the_middle(tmp_path: object) -> None:
    random = np.random.default_rng(0)
    sample = np.stack([random.exponential(size=4000) ** 3, np.full(4000, 2.0)], axis=1).astype(np.float32)
    sample[::9, 0] = np.nan
    normaliser = Normaliser.fit(sample)
    made = normaliser(sample)
    order = np.argsort(sample[:, 0])[: int((~np.isnan(sample[:, 0])).sum())]
    assert (np.diff(made[order, 0]) >= 0).all()
    assert abs(made[order, 0].mean()) < 0.05
    assert made[order, 0].std() == pytest.approx(1, abs=0.05)
    assert (made[::9, 0] == 0).all()
    assert (made[:, 1] == 0).all()
