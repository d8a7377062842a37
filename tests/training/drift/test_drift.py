"""Drift: found where it was put in, not found where there is only chance, and what follows from it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from tests.training.conftest import client, keys
from tests.training.shops import FIRST_DAY, small_shop
from training.job_runtime import Environment
from training.jobs.local.run import train_here
from training.operations.drift.decide import Decision, decide
from training.operations.drift.inputs import (
    basket_drift,
    jensen_shannon,
    new_customer_drift,
    price_drift,
    product_drift,
    stability_index,
)
from training.operations.drift.settings import DriftSettings
from training.orders.source import Folder
from training.release import Store, read
from training.release.directory import VALIDATION
from training.settings import TrainingSettings, Window
from training.transfer.pseudonym import Pseudonyms

KEY = "a key of the private site"
SMALL = TrainingSettings(
    hold_back_days=2,
    epochs=4,
    embedding_dim=8,
    history_length=16,
    learning_rate=0.01,
    window=Window(last_day=FIRST_DAY + timedelta(days=11)),
)


def purchases(days: int, seed: int, first: date = FIRST_DAY, **how: float) -> pd.DataFrame:
    """Baskets of some days: popularity falls off, prices are of the product."""
    random, products = np.random.default_rng(seed), 200
    popularity = 1 / np.arange(1, products + 1)
    popularity /= popularity.sum()
    rows = []
    for day in range(days):
        for number in range(30):
            bought = random.choice(products, int(random.poisson(how.get("size", 6))) + 1, p=popularity)
            customer, at = f"c{random.integers(400)}", pd.Timestamp(first) + pd.Timedelta(days=day, hours=10)
            rows += [
                (f"{seed}-{day}-{number}", customer, f"{10000 + product}", 1.0 + product % 17, at)
                for product in sorted(set((bought + int(how.get("shift", 0))).tolist()))
            ]
    frame = pd.DataFrame(rows, columns=["basket", "customer", "stock_code", "price", "at"])
    return frame.assign(price=frame["price"] * how.get("inflation", 1.0))


prices = partial(price_drift, currency="EUR")
THEN = purchases(30, 1)
LATER = FIRST_DAY + timedelta(days=30)


def test_the_same_shop_a_week_later_is_no_drift_though_shares_differ() -> None:
    now = purchases(7, 2, LATER)
    for drift in (product_drift(THEN, now, 0), basket_drift(THEN, now, 0), prices(THEN, now, 0)):
        assert 0 < drift.value < 1.3 * drift.chance, drift
    products = product_drift(THEN, now, 0.1)
    assert products.value > 0.1, "the plain distance of a short week is above the threshold by chance alone"
    assert not products.crossed
    assert not new_customer_drift(THEN, now, THEN[:0], 0.15).crossed


@pytest.mark.parametrize(
    ("find", "how"),
    [
        (product_drift, {"shift": 40}),
        (basket_drift, {"size": 12}),
        (prices, {"inflation": 1.5}),
    ],
)
def test_each_drift_is_found_by_its_own_row(
    find: Callable[[pd.DataFrame, pd.DataFrame, float], Any], how: dict[str, float]
) -> None:
    assert find(THEN, purchases(7, 2, LATER, **how), 0.1).crossed


def test_customers_whom_nobody_knows_are_drift_and_those_of_the_days_between_are_known() -> None:
    start = LATER + timedelta(days=7)
    gap, now = purchases(7, 2, LATER), purchases(7, 3, start)
    strangers = now.assign(customer="new " + now["customer"])
    assert new_customer_drift(THEN, strangers, gap, 0.15).crossed
    most = strangers[strangers["customer"].str[-1] > "1"]  # eight of ten
    week_before = most.assign(at=most["at"] - pd.Timedelta(days=7))
    assert not new_customer_drift(THEN, strangers, pd.concat([gap, week_before]), 0.15).crossed


def test_the_statistics_are_those_of_the_textbook() -> None:
    same, other = np.array([0.5, 0.5]), np.array([0.9, 0.1])
    assert jensen_shannon(same, same) == 0
    assert jensen_shannon(np.array([1.0, 0.0]), np.array([0.0, 1.0])) == pytest.approx(1)
    by_hand = (0.9 - 0.5) * np.log(0.9 / 0.5) + (0.1 - 0.5) * np.log(0.1 / 0.5)
    assert stability_index(same, other) == pytest.approx(by_hand)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A folder of orders of 26 days, and a release validated on days 11 and 12."""
    folder = tmp_path_factory.mktemp("drift")
    orders = small_shop(folder / "orders", days=26)
    train_here(
        Folder(orders),
        SMALL,
        Pseudonyms(KEY),
        folder / "work",
        folder / "release",
        ranking=None,
    )
    return orders, folder / "release"


def look(shop: tuple[Path, Path], **settings: Any) -> Decision:
    validation = json.loads((shop[1] / VALIDATION).read_bytes())
    return decide(shop[1], Folder(shop[0]), Pseudonyms(KEY), validation, DriftSettings(**settings))


def test_a_release_is_trained_anew_for_its_age_or_for_drift_and_else_not(shop: tuple[Path, Path]) -> None:
    steady = look(shop)
    assert not steady.train, steady.lines()
    assert steady.age_days == 14
    looked_at = [drift.what.split()[0] for drift in steady.drifts]
    assert looked_at == ["products", "basket", "price", "new", "recall@20"]
    old = look(shop, max_age_days=14)
    assert old.train
    assert "14 days of orders are unseen" in old.why
    assert not look(shop, max_age_days=15).train
    worse = json.loads((shop[1] / VALIDATION).read_bytes())
    worse["scores"]["this release"]["all products"] |= {"recall": 1.0, "recall_error": 0.0}
    lost = decide(shop[1], Folder(shop[0]), Pseudonyms(KEY), worse, DriftSettings(max_recall_loss=0.01))
    assert lost.train
    assert "recall@20" in lost.why


def test_the_command_prints_the_table(shop: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    from isthmus.cli.main import app

    monkeypatch.setenv("PSEUDONYM_KEY", KEY)
    result = CliRunner().invoke(
        app, ["release", "drift", str(shop[1]), "--orders", str(shop[0]), "--newest", "7"]
    )
    dear = CliRunner().invoke(
        app, ["release", "drift", str(shop[1]), "--orders", str(shop[0]), "--currency", "EUR"]
    )
    assert " EUR" in dear.output
    assert " GBP" not in dear.output
    assert result.exit_code == 0, result.output
    assert "do not train: no drift beyond its threshold" in result.output
    assert " GBP" in result.output
    assert "recall@20" in result.output


def test_the_job_transfers_only_where_there_is_reason(
    shop: tuple[Path, Path],
    bucket: Callable[[str], str],
    s3_url: str,
    stand_in_aws: None,
    log_lines: list[str],
) -> None:
    from training.jobs.retrain import main

    s3, arrivals, private = client(s3_url), bucket("arrivals"), bucket("private")
    store = Store(bucket("releases"), s3)

    def run(**retrain: Any) -> str:
        log_lines.clear()
        environment = Environment(
            {
                "ARRIVALS_BUCKET": arrivals,
                "PRIVATE_BUCKET": private,
                "RELEASES_BUCKET": store.bucket,
                "ORDERS_URL": shop[0].as_uri() + "/",
                "ORDERS_ENDPOINT_URL": s3_url,
                "ORDERS_ACCESS_KEY_ID": "rehearsal",
                "ORDERS_SECRET_ACCESS_KEY": "rehearsal",
                "PSEUDONYM_KEY": KEY,
                "TRAINING_SETTINGS": SMALL.model_copy(update={"window": Window()}).model_dump_json(),
                "RETRAIN_SETTINGS": json.dumps(retrain),
            }
        )
        assert main(environment) == 0
        return "\n".join(log_lines)

    digest = store.push(shop[1])
    store._put_json("latest.json", {"digest": digest, "signed_at": "2011-09-13T00:00:00Z"})
    store.set_validation(digest, json.loads((shop[1] / VALIDATION).read_bytes()))
    assert "do not train" in run()
    assert keys(s3, arrivals) == []
    decision = json.loads(s3.get_object(Bucket=private, Key="retraining/2011-09-26.json")["Body"].read())
    assert decision["train"] is False
    assert decision["release"] == read(shop[1]).digest() == digest

    output = run(max_age_days=7)
    assert output.index("by chance") < output.index("train: ") < output.index("transferred")
    assert "orders/manifest.json" in keys(s3, arrivals)
    before = s3.get_object(Bucket=arrivals, Key="orders/manifest.json")["Body"].read()
    run(max_age_days=7)
    assert s3.get_object(Bucket=arrivals, Key="orders/manifest.json")["Body"].read() == before
