"""Orders without anything to learn, and outputs that cannot be written, are refused before the work."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from isthmus.cli.main import app
from isthmus.errors import WRONG_DATA, IsthmusError
from tests.training.shops import FIRST_DAY, small_shop, write_day
from training.features.training_data import read_training_data
from training.jobs.local.run import before, train_here
from training.jobs.local.workers import Workers
from training.orders.source import Folder
from training.ranking.settings import RankingSettings
from training.ranking.stage import first_day_after, has_enough_days
from training.settings import TrainingSettings, Window
from training.transfer.batch import write_batch
from training.transfer.folder import BatchFolder
from training.transfer.manifest import BATCH_PREFIX, TransferManifest
from training.transfer.pseudonym import Pseudonyms

PSEUDONYMS = Pseudonyms("a key of the private site")
SETTINGS = TrainingSettings(hold_back_days=2)


def _line(invoice: int, code: str, day: date, customer: str) -> str:
    return f"{invoice},{code},A THING,1,{day} 10:00:00,1.50,{customer},United Kingdom"


def _shop(folder: Path, code: str = "10001", one_customer: bool = False) -> Folder:
    """Six days of one row each."""
    for number in range(6):
        day = FIRST_DAY + timedelta(days=number)
        write_day(folder, day, [_line(number, code, day, str(13_000 + (0 if one_customer else number)))])
    return Folder(folder)


def _train(source: Folder, tmp_path: Path, **more: Any) -> None:
    arguments = {"settings": SETTINGS, "out": tmp_path / "release", **more}
    train_here(source, pseudonyms=PSEUDONYMS, work_folder=tmp_path / "work", **arguments)


@pytest.fixture
def no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(_: Workers) -> None:
        raise AssertionError("a worker was started")

    monkeypatch.setattr(Workers, "run", run)


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("POST", "StockCode is .POST.*1 of 1 rows of this day would be left out as not products"),
        ("10001", "hold 4 purchases, but no customer bought on two days, or two products on one"),
    ],
)
def test_orders_without_an_example_end_at_once_with_the_status_of_wrong_data(
    code: str, sentence: str, workers: int, tmp_path: Path, no_workers: None
) -> None:
    with pytest.raises(IsthmusError, match=sentence) as caught:
        _train(
            _shop(tmp_path / "orders", code),
            tmp_path,
            settings=SETTINGS.model_copy(update={"workers": workers}),
        )
    assert caught.value.exit_status == WRONG_DATA
    assert not (tmp_path / "release").exists()


_ROWS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 2)), max_size=5
)  # days from the first, customers, products


@settings(max_examples=60)
@given(rows=_ROWS)
def test_orders_are_refused_exactly_where_they_hold_no_example(
    rows: list[tuple[int, int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    bucket = BatchFolder(tmp_path_factory.mktemp("arrivals"))
    entries = []
    for number in range(4):
        bought = [(c, p) for day, c, p in rows if day == number]
        frame = pd.DataFrame(
            {
                "customer": pd.Series([f"c{c}" for c, _ in bought], dtype=object),
                "order": pd.Series([f"o{number}{c}" for c, _ in bought], dtype=object),
                "stock_code": pd.Series([f"1000{p}" for _, p in bought], dtype=object),
                "description": pd.Series(["A THING"] * len(bought), dtype=object),
                "quantity": pd.Series([1] * len(bought), dtype="int32"),
                "price": pd.Series([1.5] * len(bought), dtype="float64"),
                "at": pd.Series([pd.Timestamp(FIRST_DAY) + pd.Timedelta(days=number)] * len(bought)).astype(
                    "datetime64[s]"
                ),
            }
        )
        file = bucket.folder / "batch"
        entries.append(write_batch(frame, file, FIRST_DAY + timedelta(days=number), BATCH_PREFIX))
        bucket.put(entries[-1].key, file.read_bytes())
    manifest = TransferManifest.of(entries, Counter(read=len(rows), kept=len(rows)))
    baskets = {(c, day) for day, c, _ in rows}
    examples = len({c for c, _ in baskets}) < len(set(rows))
    try:
        read_training_data(bucket, manifest, SETTINGS)
        refused = False
    except IsthmusError:
        refused = True
    assert refused is not examples


def _hash_of(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        digest.update(str(path).encode() + (path.read_bytes() if path.is_file() else b""))
    return digest.hexdigest()


@pytest.mark.parametrize(
    ("out", "sentence"),
    [
        ("file", "file is a file, and a folder is to be written there; name another folder with --out"),
        ("file/release", "cannot be made, as .*file is a file"),
        ("full", "full is not empty and no release; name another folder with --out"),
        ("", "is the folder that this runs in"),
        ("nowhere", "is a link that leads nowhere"),
        ("round/release", "is a link that leads nowhere"),
        ("n" * 300, "the name is longer than a file system takes|has 300 bytes"),
        ("n" * 240, "has 240 bytes, but may have"),
        ("/proc/isthmus/release", "cannot be made, as /proc (takes no files|may not be written)"),
        ("taken", "the report of the release is written there"),
    ],
)
def test_an_output_that_cannot_be_written_is_refused_before_anything_is_read(
    out: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("mine")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("mine")
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    (tmp_path / "round").symlink_to(tmp_path / "round")
    (tmp_path / "taken-report").write_text("mine")
    source = _shop(tmp_path / "orders")
    monkeypatch.setattr(Folder, "raw", lambda *_: pytest.fail("the orders were read"))
    before = _hash_of(tmp_path)
    with pytest.raises(IsthmusError, match=sentence) as caught:
        _train(source, tmp_path, out=tmp_path / out)
    assert caught.value.exit_status == WRONG_DATA
    assert _hash_of(tmp_path) == before


def test_a_signing_key_that_is_none_is_refused_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = _shop(tmp_path / "orders")
    monkeypatch.setattr(Folder, "raw", lambda *_: pytest.fail("the orders were read"))
    with pytest.raises(
        IsthmusError, match="the signing key is not the base64 of a 32-byte Ed25519 seed"
    ) as caught:
        _train(source, tmp_path, signing_key="abc")
    assert caught.value.exit_status == WRONG_DATA
    assert "abc" not in str(caught.value)


@pytest.mark.parametrize("days", [1, 2])
@pytest.mark.parametrize(
    ("command", "option"),
    [("train", "--before"), ("tune", "--before"), ("transfer --to there", "--hold-back-days")],
)
def test_too_few_days_name_an_option_that_the_command_has(
    command: str, option: str, days: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    small_shop(tmp_path / "orders", days=days, customers=2)
    name, *more = command.split()
    answer = CliRunner().invoke(app, [name, "--orders", "orders", *more])
    assert isinstance(answer.exception, IsthmusError)
    assert answer.exception.exit_status == WRONG_DATA
    assert option in str(answer.exception)
    assert option in CliRunner().invoke(app, [name, "--help"], terminal_width=200).output
    assert not (tmp_path / "there").exists()


def test_the_day_that_is_named_as_a_way_out_is_one(tmp_path: Path) -> None:
    for days in (1, 2):
        folder = small_shop(tmp_path / str(days), days=days, customers=2)
        answer = CliRunner().invoke(
            app, ["train", "--orders", str(folder), "--out", str(tmp_path / "release")]
        )
        named = date.fromisoformat(str(answer.exception).rsplit(" ", 1)[1])
        settings = before(TrainingSettings(), named, Folder(folder).days())
        assert settings.window.last_day is not None
        assert settings.window.last_day >= FIRST_DAY


def test_days_after_the_last_order_are_no_days_to_rank_by(tmp_path: Path) -> None:
    """``pair.py: setting an array element with a sequence`` was what came of them."""
    source = Folder(small_shop(tmp_path / "orders", days=12, customers=2))
    far = before(TrainingSettings(), date(2012, 1, 15), source.days())
    assert far == TrainingSettings(hold_back_days=0, window=Window(last_day=date(2012, 1, 14)))
    assert first_day_after(source, far) == FIRST_DAY + timedelta(days=12)
    assert not has_enough_days(source, far, RankingSettings())
