"""Shards of purchases: a customer's history is in one of them, whatever days come later."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.training.held_histories import by_customer
from tests.training.shops import small_shop
from training.errors import TrainingError
from training.features.baskets import Purchases
from training.features.shards import INDEX, Shards, fetch_shards, find_shards, make_shards
from training.features.training_data import Shared, TrainingData, read_training_data
from training.fit.checkpoint import FolderObjects
from training.operations.workspace import Workspace
from training.orders.source import Folder
from training.settings import TrainingSettings
from training.tables.engine import EMBEDDED, Engine
from training.transfer.batch import from_parquet
from training.transfer.pseudonym import Pseudonyms
from training.transfer.run import transfer

SETTINGS = TrainingSettings(hold_back_days=2, history_length=16)


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("kept")
    workspace = Workspace(folder / "work")
    shop = Folder(small_shop(folder / "orders", customers=40))
    transfer(shop, Pseudonyms("a key of the private site"), SETTINGS, workspace.arrivals, workspace.private)
    return workspace


@pytest.fixture(scope="module")
def purchases(work: Workspace) -> pd.DataFrame:
    batches = work.manifest().batches
    return pd.concat([from_parquet(work.arrivals.batch(each)) for each in batches], ignore_index=True)


def _as_lists(found: dict[str, Purchases]) -> dict[str, list[tuple[int, int]]]:
    return {
        name: list(zip(each.days.tolist(), each.products.tolist(), strict=True))
        for name, each in found.items()
    }


def test_they_hold_every_purchase_once_and_products_as_counted_by_hand(
    work: Workspace, purchases: pd.DataFrame
) -> None:
    data = work.training_data(SETTINGS)
    codes = sorted(purchases["stock_code"].unique())
    assert [product.product_code for product in data.catalogue.products] == codes
    found = _as_lists(dict(data.customers()))
    assert found == _as_lists(by_customer(purchases, data.catalogue))
    assert data.shards.orders == sum(len({day for day, _ in pairs}) for pairs in found.values())
    rows = {str(code): of_code for code, of_code in purchases.groupby("stock_code")}
    days = {
        code: len(set(zip(each["customer"], each["at"].dt.date, strict=True))) for code, each in rows.items()
    }
    by_rank = sorted(codes, key=lambda code: (-days[code], code))
    for product in data.catalogue.products:
        bought = rows[product.product_code]
        assert product.price == round(float(np.median(bought["price"])), 4)
        texts = bought["description"].tolist()
        assert product.description == max(sorted(set(texts)), key=texts.count)
        assert by_rank[product.popularity_rank - 1] == product.product_code


def test_a_customer_stays_in_a_shard_when_days_are_added(work: Workspace) -> None:
    def shard_of(data: TrainingData) -> dict[str, int]:
        found = data.shards.histories(range(len(data.shards)))
        return dict(zip(map(str, found.customers), found.shards.tolist(), strict=True))

    whole = work.training_data(SETTINGS)
    few = whole.manifest.model_copy(update={"batches": whole.manifest.batches[:4]})
    before, after = shard_of(read_training_data(work.arrivals, few, SETTINGS)), shard_of(whole)
    assert 20 < len(before) <= len(after)
    assert {name: after[name] for name in before} == before
    assert len(set(after.values())) > 20


@pytest.mark.parametrize("most_known", [1_000_000, 2_000])
def test_a_worker_reads_its_shards_alone_and_what_was_counted_is_what_is_drawn(
    work: Workspace, tmp_path: Path, most_known: int
) -> None:
    files = [work.arrivals.batch_file(entry, tmp_path) for entry in work.manifest().batches]
    made = make_shards(EMBEDDED, files, tmp_path / "made", 64, most_known)
    assert (made.parts > 1) == (most_known < 1_000_000)
    small = Engine(threads=1, memory_mib=256)
    again = make_shards(small, files, tmp_path / "again", 64, most_known)
    assert _files(again) == _files(made), "by no engine of another size"
    data = replace(work.training_data(SETTINGS), shards=made)
    mine = data.examples.of_worker(1, 3)
    for shard in set(range(64)) - set(range(1, 64, 3)):
        (made.folder / f"shard-{shard:04}.parquet").unlink()
    counted = 0
    for part in range(made.parts):
        drawn = mine.draw(0, part)
        assert len(drawn.weight) - 1 == int(made.examples[1::3, part].sum()) == int(drawn.splits[-1])
        counted += int(drawn.splits[-1])
    assert 0 < counted < len(data.examples) / 2


def _files(shards: Shards) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in shards.folder.iterdir()}


def test_they_are_made_once_for_the_same_orders(
    log_lines: list[str], work: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = work.training_data(SETTINGS)
    monkeypatch.setattr("training.features.training_data.make_shards", _never)
    other = SETTINGS.model_copy(update={"history_length": 8, "seed": 9, "half_life_days": 9.0, "workers": 3})
    assert work.training_data(other).shards.content == first.shards.content
    with pytest.raises(AssertionError, match="made again"):
        work.training_data(SETTINGS.model_copy(update={"shards": 128}))
    fewer = first.manifest.model_copy(update={"batches": first.manifest.batches[:-1]})
    with pytest.raises(AssertionError, match="made again"):
        read_training_data(work.arrivals, fewer, SETTINGS, work.folder / "features")
    monkeypatch.setattr("training.features.training_data.source_digest", lambda *_: "sha256:other")
    with pytest.raises(AssertionError, match="made again"):
        work.training_data(SETTINGS)


def _never(*_: object) -> Shards:
    raise AssertionError("made again")


def test_damaged_ones_are_told_in_one_line_and_made_again(log_lines: list[str], work: Workspace) -> None:
    whole = work.training_data(SETTINGS).shards
    content = _files(whole)
    path = whole.folder / "shard-0003.parquet"
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    log_lines.clear()
    again = work.training_data(SETTINGS).shards
    assert _files(again) == content
    assert log_lines[0] == f"the shards in {whole.folder} are damaged; they are made again"
    # What is damaged while a run uses it ends the run with a sentence, and the next one makes it.
    path.write_bytes(b"")
    with pytest.raises(
        TrainingError, match=r"shard-0003\.parquet is gone or damaged; run the same command again"
    ):
        replace(again, _checked=set()).histories([3])
    assert find_shards(whole.folder) is None


def test_the_first_worker_leaves_them_where_the_others_fetch_what_they_read(
    work: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = FolderObjects(tmp_path / "objects")
    manifest = work.manifest()
    assert fetch_shards(tmp_path / "none", objects, "shards/none/", 0.02, 0.01) is None

    def read(first: bool) -> TrainingData:
        return read_training_data(work.arrivals, manifest, SETTINGS, None, Shared(objects, first))

    made = read(first=True)
    monkeypatch.setattr("training.features.training_data.make_shards", _never)
    for first in (False, True):  # a first worker that is back finds them, too
        fetched = read(first)
        assert list(fetched.shards.folder.glob("*")) == []
        assert fetched.shards.histories([5]).products.tolist() == made.shards.histories([5]).products.tolist()
        assert [path.name for path in fetched.shards.folder.iterdir()] == ["shard-0005.parquet"]


def test_shards_of_orders_of_long_ago_do_not_stay_among_the_objects(work: Workspace, tmp_path: Path) -> None:
    objects, manifest = FolderObjects(tmp_path / "objects"), work.manifest()
    for shards in (64, 65, 66):
        settings = SETTINGS.model_copy(update={"shards": shards})
        read_training_data(work.arrivals, manifest, settings, None, Shared(objects, True))
    counts = sorted(len(list(left.iterdir())) for left in (objects.folder / "shards").glob("*/"))
    assert [count for count in counts if count] == [65 + 2, 66 + 2]


def test_room_is_made_for_the_shards_of_a_run(work: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.features.training_data.MOST_BYTES", 1)
    work.training_data(SETTINGS.model_copy(update={"shards": 65}))
    kept = work.training_data(SETTINGS.model_copy(update={"shards": 66})).shards.folder
    assert [path.parent for path in (work.folder / "features").glob(f"*/{INDEX}")] == [kept]
    assert [path for path in (work.folder / "features").iterdir() if path.is_dir()] == [kept]
