"""A release with a ranking stage, from orders to the real tritonserver: serving tells what training made."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from cli.commands.recommend import recommend as command
from cli.errors import CommandError
from serving.client import Recommender
from serving.offline import customers_of, offline
from tests.training.ranking.shop import FIRST, rows
from tests.training.ranking.test_stage import RANKING, SMALL, write_shop
from training.local.register import Register, customer_ids
from training.local.run import train_here
from training.orders.source import Folder
from training.ranking.features import features_at
from training.ranking.normalise import Normaliser
from training.ranking.orders import Orders, read_orders
from training.ranking.stage import NORMALISER, first_day_after
from training.release import Shortlist, describe, read, write
from training.release.ranked import read_ranked
from training.transfer.pseudonym import Pseudonyms

KEY = "a key of the private site"
NAMED = Pseudonyms(KEY).customer
DAYS, TOP = 90, 12


@dataclass(frozen=True)
class Shop:
    orders: Folder
    release: Path
    register: Register


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    import tensorflow as tf

    # The ranking runs in this process, and TensorFlow takes the number of its threads once: what later tests
    # train with (training.fit.cluster) must be what it began with.
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    folder = tmp_path_factory.mktemp("ranked")
    made = Shop(Folder(write_shop(folder / "orders", DAYS)), folder / "out", Register(folder / "ids.txt"))
    train_here(
        made.orders,
        SMALL,
        Pseudonyms(KEY),
        folder / "work",
        made.release,
        lambda _: None,
        ranking=RANKING,
        register=made.register,
    )
    return made


@pytest.fixture(scope="module")
def recommender(shop: Shop) -> Iterator[Recommender]:
    with offline(shop.release, NAMED) as made:
        yield made


def differences(recommender: Recommender, release: Path, ids: set[str], only_new: bool) -> list[str]:
    """Customers whose answer is not the list that the training stage made."""
    table = read_ranked(release, only_new=only_new, top=TOP).to_pandas()
    lists = {
        name: list(zip(one["product"], one["score"], strict=True)) for name, one in table.groupby("customer")
    }
    found = []
    for answer in recommender.recommend_all(sorted(ids), TOP, only_new):
        told = lists[NAMED(answer.customer)]
        given = [product for product in answer.products if product.reason == "personal"]
        same = [product.code for product in given] == [code for code, _ in told]
        if not same or not np.allclose([one.score for one in given], [score for _, score in told], atol=1e-5):
            found.append(answer.customer)
    return found


@pytest.mark.parametrize("only_new", [False, True])
def test_triton_gives_the_lists_that_training_made(
    shop: Shop, recommender: Recommender, only_new: bool
) -> None:
    ids = shop.register.ids()
    assert {NAMED(one) for one in ids} == customers_of(shop.release)
    assert differences(recommender, shop.release, ids, only_new) == []


def test_what_is_served_are_the_features_of_training(shop: Shop) -> None:
    day = first_day_after(shop.orders, SMALL)
    table = read_orders(shop.orders, day + timedelta(days=5))
    table["customer"] = [NAMED(one) if one else "" for one in table["customer"]]
    names = sorted(customers_of(shop.release))
    values, _, pairs = features_at(Orders.of(table), day.toordinal(), names)
    normalised = Normaliser.load(shop.release / NORMALISER)(values).astype(np.float16)
    expected = {(one, code): line for (one, code), line in zip(pairs.tolist(), normalised, strict=True)}
    shortlist = Shortlist.read(shop.release)
    assert shortlist is not None
    customer = np.repeat(shortlist.customers, np.diff(shortlist.start))
    assert len(customer) == len(shortlist.features) > 1000
    for name, number, line in zip(customer.tolist(), shortlist.product, shortlist.features, strict=True):
        np.testing.assert_allclose(line, expected[name.decode(), shortlist.codes[number].decode()], atol=1e-3)


def test_a_skew_is_seen(shop: Shop, tmp_path: Path) -> None:
    """The tests above would fail if serving made one feature in another way."""
    skewed = tmp_path / "skewed"
    shutil.copytree(shop.release, skewed)
    shortlist = Shortlist.read(skewed)
    assert shortlist is not None
    spread = shortlist.features.astype(np.float32).std(axis=0)
    features = shortlist.features.copy()
    features[:, int(spread.argmax())] *= -1
    replace(shortlist, features=features).write(skewed)
    write(skewed, read(skewed).model_copy(update={"files": describe(skewed)}))
    with offline(skewed, NAMED) as served:
        assert len(differences(served, skewed, shop.register.ids(), only_new=False)) > 10


def test_only_new_leaves_out_what_was_bought(shop: Shop, recommender: Recommender) -> None:
    table = rows(DAYS)
    early = table[(table["day"] < FIRST + DAYS - SMALL.hold_back_days) & ~table["cancelled"]]
    owned = set(zip(early["customer"], early["product"], strict=True))
    for answer in recommender.recommend_all(sorted(shop.register.ids()), 40, only_new=True):
        assert answer.known
        assert owned.isdisjoint((answer.customer, product.code) for product in answer.products)


def run(shop: Shop, *args: str) -> None:
    app = typer.Typer()
    app.command()(command)
    CliRunner().invoke(app, [*args, "--key", KEY], catch_exceptions=False, env={"COLUMNS": "160"})


def test_everyone_is_written_with_the_ids_of_the_source(
    shop: Shop, recommender: Recommender, tmp_path: Path
) -> None:
    out = tmp_path / "all.csv"
    orders = str(shop.orders.path)
    run(shop, "--all", "--release", str(shop.release), "--orders", orders, "--top", "5", "--out", str(out))
    lines = list(csv.DictReader(out.open()))
    assert list(lines[0]) == ["customer", "rank", "product", "score"]
    ids = customer_ids(shop.orders)
    assert {line["customer"] for line in lines} == ids
    assert len(lines) == 5 * len(ids)
    one = lines[0]["customer"]
    answer = recommender.recommend(one, 5)
    assert [line["product"] for line in lines[:5]] == [product.code for product in answer.products]
    assert [int(line["rank"]) for line in lines[:5]] == [1, 2, 3, 4, 5]
    assert [float(line["score"]) for line in lines[:5]] == pytest.approx(
        [one.score for one in answer.products]
    )


def test_a_release_whose_customers_are_not_known_here_is_refused(shop: Shop, tmp_path: Path) -> None:
    out = tmp_path / "all.csv"
    few = tmp_path / "few"
    few.mkdir()
    day = shop.orders.days()[0]
    shutil.copy(shop.orders.path / f"{day}.csv.gz", few)
    with pytest.raises(
        CommandError, match=r"\d+ of the \d+ customers of .* --orders, and the key with --key"
    ):
        run(shop, "--all", "--release", str(shop.release), "--orders", str(few), "--out", str(out))
    assert not out.exists()


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        ([], "no customer is named"),
        (["1", "--all", "--out", "x.csv"], "leave one of them out"),
        (["--all"], "--out FILE.csv, or --json"),
        (["1", "--json", "--out", "x.csv"], "give one of them"),
        (["1", "--release", "r", "--url", "http://h:8000"], "leave out --url and --site"),
        (["--all", "--pseudonyms", "--json", "--url", "http://h:8000"], "needs --release"),
    ],
)
def test_options_that_do_not_go_together_are_refused(shop: Shop, args: list[str], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        run(shop, *args)
