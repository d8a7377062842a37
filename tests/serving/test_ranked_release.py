"""A release with a ranking stage, from orders to the real tritonserver: serving tells what training made."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from isthmus.cli.commands.recommend import recommend as command
from isthmus.cli.errors import CommandError
from isthmus_client import Recommender
from serving.local.serve_release import customers_of, serve_release
from tests.lists import same_list
from tests.training.held_histories import by_customer
from tests.training.ranking.shop import FIRST, rows
from tests.training.ranking.test_stage import RANKING, SMALL, write_shop
from training.features.baskets import Purchases
from training.features.catalogue import Catalogue
from training.features.history import CustomerFeatures
from training.features.history import features_at as tower_features_at
from training.jobs.local.customer_ids import CustomerIds, customer_ids
from training.jobs.local.run import train_here
from training.orders.source import Folder
from training.ranking.features import features_at
from training.ranking.normalise import Normaliser
from training.ranking.orders import Orders, read_orders
from training.ranking.stage import NORMALISER, first_day_after
from training.release import Customers, Shortlist, describe, read, read_products, write
from training.release.ranked import read_ranked
from training.transfer.batch import pseudonymous
from training.transfer.pseudonym import Pseudonyms
from training.transfer.run import clean_days

KEY = "a key of the private site"
NAMED = Pseudonyms(KEY).customer
DAYS, TOP = 90, 12


@dataclass(frozen=True)
class Shop:
    orders: Folder
    release: Path
    register: CustomerIds


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("ranked")
    shop_of_test = Shop(
        Folder(write_shop(folder / "orders", DAYS)), folder / "out", CustomerIds(folder / "ids.txt")
    )
    train_here(
        shop_of_test.orders,
        SMALL,
        Pseudonyms(KEY),
        folder / "work",
        shop_of_test.release,
        ranking=RANKING,
        register=shop_of_test.register,
    )
    return shop_of_test


@pytest.fixture(scope="module")
def recommender(shop: Shop) -> Iterator[Recommender]:
    with serve_release(shop.release, NAMED) as served:
        yield served


def differences(recommender: Recommender, release: Path, ids: set[str], only_new: bool) -> list[str]:
    """Customers whose answer is not the list that the training stage made."""
    table = read_ranked(release, only_new=only_new, top=2 * TOP).to_pandas()
    lists = {
        name: list(zip(lines["product"], lines["score"], strict=True))
        for name, lines in table.groupby("customer")
    }
    found = []
    for answer in recommender.recommend_all(sorted(ids), TOP, only_new):
        expected = lists[NAMED(answer.customer)]
        served = [
            (product.code, product.score) for product in answer.products if product.reason == "personal"
        ]
        if len(served) != min(TOP, len(expected)) or not same_list(served, expected):
            found.append(answer.customer)
    return found


@pytest.mark.parametrize("only_new", [False, True])
def test_triton_gives_the_lists_that_training_made(
    shop: Shop, recommender: Recommender, only_new: bool
) -> None:
    ids = shop.register.ids()
    assert {NAMED(customer) for customer in ids} == customers_of(shop.release)
    assert differences(recommender, shop.release, ids, only_new) == []


def test_what_is_served_are_the_features_of_training(shop: Shop) -> None:
    day = first_day_after(shop.orders, SMALL)
    table = read_orders(shop.orders, day + timedelta(days=5))
    table["customer"] = [NAMED(customer) if customer else "" for customer in table["customer"]]
    names = sorted(customers_of(shop.release))
    values, _, pairs = features_at(Orders.of(table), day.toordinal(), names)
    normalised = Normaliser.load(shop.release / NORMALISER)(values).astype(np.float16)
    expected = {
        (customer, code): line for (customer, code), line in zip(pairs.tolist(), normalised, strict=True)
    }
    shortlist = Shortlist.read(shop.release)
    assert shortlist is not None
    customer = np.repeat(shortlist.customers, np.diff(shortlist.start))
    assert len(customer) == len(shortlist.features) > 1000
    for name, number, line in zip(
        customer.tolist(), shortlist.product, np.asarray(shortlist.features), strict=True
    ):
        np.testing.assert_allclose(line, expected[name.decode(), shortlist.codes[number].decode()], atol=1e-3)


def test_the_shortlist_has_the_scores_of_the_lists(shop: Shop) -> None:
    shortlist = Shortlist.read(shop.release)
    assert shortlist is not None
    assert shortlist.scores is not None
    names = np.repeat(shortlist.customers, np.diff(shortlist.start)).tolist()
    codes = shortlist.codes[shortlist.product].tolist()
    scores = dict(zip(zip(names, codes, strict=True), shortlist.scores.tolist(), strict=True))
    for only_new in (False, True):
        lines = read_ranked(shop.release, only_new=only_new, top=100).to_pylist()
        assert len(lines) > 1000
        for line in lines:
            assert scores[line["customer"].encode(), line["product"].encode()] == line["score"]


def test_the_rest_of_a_basket_is_found_by_its_part(shop: Shop) -> None:
    context = json.loads((shop.release / "validation.json").read_bytes())["context"]
    for kind in ("known", "stranger"):
        assert context[kind]["baskets"] > 20
    # Baskets of this shop are of one taste each, which best sellers know nothing of.
    assert context["stranger"]["difference"][1] > 0.2


def test_a_skew_is_seen(shop: Shop, tmp_path: Path) -> None:
    """The tests above would fail if one feature were made in another way, and the ranker asked of it."""
    skewed = tmp_path / "skewed"
    shutil.copytree(shop.release, skewed)
    shortlist = Shortlist.read(skewed)
    assert shortlist is not None
    features = np.array(shortlist.features)
    spread = features.astype(np.float32).std(axis=0)
    features[:, int(spread.argmax())] *= -1
    replace(shortlist, features=features, scores=None).write(skewed)
    write(skewed, read(skewed).model_copy(update={"files": describe(skewed)}))
    with serve_release(skewed, NAMED) as served:
        assert len(differences(served, skewed, shop.register.ids(), only_new=False)) > 10


@dataclass(frozen=True)
class Raw:
    """What the raw orders say: all purchases, and the day at whose start the release was made."""

    by_customer: dict[str, Purchases]
    day: int

    def features(self, purchases: Purchases, day: int) -> CustomerFeatures:
        return tower_features_at(purchases.before(day), day, SMALL.history_length, SMALL.half_life_days)


@pytest.fixture(scope="module")
def raw(shop: Shop) -> Raw:
    """Read, cleaned and named apart from the transfer's batches, the release and its customers."""
    days = [pseudonymous(day, Pseudonyms(KEY), {}) for day in clean_days(shop.orders, shop.orders.days())]
    catalogue = Catalogue(tuple(read_products(shop.release)))
    first = (first_day_after(shop.orders, SMALL) - date(1970, 1, 1)).days
    return Raw(by_customer(pd.concat(days, ignore_index=True), catalogue), first)


def skewed(release: Path, raw: Raw) -> list[str]:
    """Customers whose row of what the towers are given is not ``features_at`` of the raw orders.

    ``serving.repository.lists`` gives the towers the rows of the release as they stand.
    """
    customers = Customers.read(release)
    rows = {name: row for row, name in enumerate(customers)}
    served = {kind: getattr(customers, kind) for kind in ("history", "weights", "user")}
    found = []
    for name, purchases in raw.by_customer.items():
        expected, row = raw.features(purchases, raw.day), rows.pop(name, None)
        if row is None:
            if expected.user.any():
                found.append(name)
        elif not all(np.array_equal(table[row], getattr(expected, kind)) for kind, table in served.items()):
            found.append(name)
    return sorted([*found, *rows])


def test_what_the_towers_are_served_are_the_features_of_the_raw_orders_to_the_last_bit(
    shop: Shop, raw: Raw
) -> None:
    assert len(Customers.read(shop.release)) > 50
    assert skewed(shop.release, raw) == []


def _slipped(release: Path, folder: Path, **arrays: np.ndarray) -> Path:
    """A copy of a release, sealed again, whose customers have other arrays."""
    shutil.copytree(release, folder)
    customers = Customers.read(release)
    bought = [customers[name].last_bought for name in customers]
    features = {name: getattr(customers, name) for name in ("history", "weights", "user")} | arrays
    Customers(list(customers), last_bought=bought, **features).write(folder)
    write(folder, read(folder).model_copy(update={"files": describe(folder)}))
    return folder


@pytest.mark.parametrize("kind", ["history", "weights", "user"])
def test_a_feature_of_the_towers_that_moves_by_one_position_is_seen(
    shop: Shop, raw: Raw, tmp_path: Path, kind: str
) -> None:
    moved = np.roll(getattr(Customers.read(shop.release), kind), 1, axis=1)
    release = _slipped(shop.release, tmp_path / "release", **{kind: moved})
    assert skewed(release, raw) == sorted(Customers.read(shop.release))


def test_a_purchase_of_the_day_itself_in_what_the_towers_are_served_is_seen(
    shop: Shop, raw: Raw, tmp_path: Path
) -> None:
    customers = Customers.read(shop.release)
    features = {kind: getattr(customers, kind).copy() for kind in ("history", "weights", "user")}
    of_the_day = []
    for row, name in enumerate(customers):
        purchases = raw.by_customer[name]
        if len(purchases.on(raw.day)):
            of_the_day.append(name)
            late = raw.features(purchases, raw.day + 1)
            for kind, array in features.items():
                array[row] = getattr(late, kind)
    assert 0 < len(of_the_day) < len(customers)
    release = _slipped(shop.release, tmp_path / "release", **features)
    assert skewed(release, raw) == sorted(of_the_day)


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
    customer = lines[0]["customer"]
    answer = recommender.recommend(customer, 5)
    assert [line["product"] for line in lines[:5]] == [product.code for product in answer.products]
    assert [int(line["rank"]) for line in lines[:5]] == [1, 2, 3, 4, 5]
    assert [float(line["score"]) for line in lines[:5]] == pytest.approx(
        [product.score for product in answer.products]
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


def test_another_key_than_the_releases_is_told_in_one_sentence(
    shop: Shop, recommender: Recommender, tmp_path: Path
) -> None:
    key_id, other = Pseudonyms(KEY).key_id, "another key of the private site"
    release, out = str(shop.release), str(tmp_path / "all.csv")
    assert read(shop.release).pseudonym_key == key_id
    sentence = (
        f"are named with the key {key_id}, but the key at hand is {Pseudonyms(other).key_id}; "
        f"give the key {key_id} with --key or PSEUDONYM_KEY"
    )
    customer = sorted(shop.register.ids())[0]
    for where in (("--release", release), ("--url", recommender.url)):
        output = _output(customer, "--key", other, *where)
        assert "is not known to this release" in output
        assert sentence in output
        assert "named with the key" not in _output(customer, "--key", KEY, *where)
        assert "named with the key" not in _output("no customer", "--key", KEY, *where)
        assert "named with the key" not in _output(NAMED(customer), "--pseudonyms", *where)
    with pytest.raises(CommandError, match=re.escape(sentence)):
        _output(
            "--all", "--orders", str(shop.orders.path), "--key", other, "--out", out, "--release", release
        )


def test_a_ring_that_has_the_releases_key_answers_with_it(shop: Shop, tmp_path: Path) -> None:
    ringed = tmp_path / "release"
    shutil.copytree(shop.release, ringed)
    manifest = read(ringed)
    write(ringed, manifest.model_copy(update={"versions": manifest.versions | {"pseudonym_key": "2026-05"}}))
    customer = sorted(shop.register.ids())[0]
    ring = f"2026-11:the newer key of the private site,2026-05:{KEY}"
    assert f"Customer {customer}" in (output := _output(customer, "--release", str(ringed), "--key", ring))
    assert "not known" not in output
    # The same key under another id is found all the same, and nothing is said of keys.
    assert "key" not in _output(customer, "--release", str(ringed), "--key", KEY)


def test_a_release_of_before_the_ids_is_read_and_nothing_is_said_of_keys(shop: Shop, tmp_path: Path) -> None:
    old = tmp_path / "release"
    shutil.copytree(shop.release, old)
    manifest = read(old)
    versions = {
        name: version
        for name, version in manifest.versions.items()
        if name not in ("pseudonym_key", "features")
    }
    write(old, manifest.model_copy(update={"versions": versions}))
    assert read(old).pseudonym_key is None
    output = _output("1", "--release", str(old), "--key", "another key of the private site")
    assert "is not known to this release" in output
    assert "named with the key" not in output


def _output(*args: str) -> str:
    app = typer.Typer()
    app.command()(command)
    result = CliRunner().invoke(app, [*args], catch_exceptions=False, env={"COLUMNS": "300"})
    return " ".join(result.output.split())


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
