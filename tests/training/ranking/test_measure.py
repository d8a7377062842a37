"""Recall and NDCG, against figures made by hand."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from isthmus.cli.main import app
from tests.training.ranking.shop import FIRST, rows
from tests.training.second_shop import code_of, second_shop
from tests.training.shops import SAMPLE
from training.ranking import __main__ as program
from training.ranking.folder import ALL_PRODUCTS, NEW_PRODUCTS
from training.ranking.measure import bought_after, main, measure
from training.ranking.normalise import Normaliser
from training.ranking.orders import Orders


def lists(**products: str) -> pd.DataFrame:
    lines = [
        (customer, rank, product)
        for customer, chosen in products.items()
        for rank, product in enumerate(chosen.split(), 1)
    ]
    return pd.DataFrame(lines, columns=["customer", "rank", "product"])


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
    normalised = normaliser(sample)
    order = np.argsort(sample[:, 0])[: int((~np.isnan(sample[:, 0])).sum())]
    assert (np.diff(normalised[order, 0]) >= 0).all()
    assert abs(normalised[order, 0].mean()) < 0.05
    assert normalised[order, 0].std() == pytest.approx(1, abs=0.05)
    assert (normalised[::9, 0] == 0).all()
    assert (normalised[:, 1] == 0).all()


def test_another_shops_log_is_measured_by_what_describe_wrote_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    days = tmp_path / "days"
    days.mkdir()
    for path in sorted(SAMPLE.glob("*.csv.gz"))[:8]:
        (days / path.name).write_bytes(path.read_bytes())
    shop = second_shop(tmp_path / "shop", days=8)
    written = tmp_path / "orders.yaml"
    written.write_text(CliRunner().invoke(app, ["orders", "describe", str(shop)]).stdout)
    ranked = ["85123A", "22423", "23203", "85099B", "22720"]
    buyers = sorted(set(pd.concat(map(pd.read_csv, days.iterdir()))["CustomerID"].dropna().astype(int)))

    def measured(folder: Path, codes: list[str], *options: str) -> str:
        ranking = tmp_path / "ranking"
        ranking.mkdir(exist_ok=True)
        for name in (ALL_PRODUCTS, NEW_PRODUCTS):
            lists(**{str(customer): " ".join(codes) for customer in buyers}).to_csv(
                ranking / name, index=False
            )
        line = ["--orders", str(folder), *options, "--before", "2011-09-06", "--ranking", str(ranking)]
        monkeypatch.setattr(sys, "argv", ["measure", *line])
        main()
        return capsys.readouterr().out

    here = measured(days, ranked)
    assert "customers, recall 0.0358 " in here
    assert measured(shop, [code_of(code) for code in ranked], "--orders-settings", str(written)) == here


@pytest.mark.parametrize(
    ("settings", "out", "sentence"),
    [
        ("gone.yaml", "ranking", "gone.yaml is not there"),
        ("none.yaml", "ranking", "none.yaml has no section config: isthmus:orders"),
        ("wrong.yaml", "ranking", "wrong.yaml: orders.decimal: is 5"),
        ("good.yaml", "full", "full is not empty and no ranking"),
    ],
)
def test_what_the_program_cannot_use_is_said_before_anything_is_read(
    settings: str,
    out: str,
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("none.yaml").write_text("config: {}\n")
    Path("wrong.yaml").write_text("config: { isthmus:orders: { decimal: 5 } }\n")
    Path("good.yaml").write_text("config: { isthmus:orders: { decimal: ',' , delimiter: ';' } }\n")
    Path("full").mkdir()
    Path("full", "mine").write_text("mine")
    line = ["--orders", str(SAMPLE), "--orders-settings", settings, "--before", "2011-09-06", "--out", out]
    monkeypatch.setattr(sys, "argv", ["ranking", *line])
    monkeypatch.setattr("training.orders.source.Folder.raw", lambda *_: pytest.fail("the orders were read"))
    assert program.main() == 64
    assert sentence in capsys.readouterr().err
