"""The transfer against a real S3 server: killed anywhere, it ends with every row once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from isthmus.errors import StoreFailed
from tests.training.conftest import client, keys
from tests.training.shops import small_shop, write_day
from training.errors import TrainingError
from training.jobs.transferred import read_transferred
from training.orders.source import Bucket, Folder
from training.settings import TrainingSettings
from training.transfer.batch import from_parquet
from training.transfer.bucket import BatchBucket
from training.transfer.manifest import (
    HELD_BACK_MANIFEST_KEY,
    MANIFEST_KEY,
    REJECTS_MANIFEST_KEY,
    TransferManifest,
)
from training.transfer.pseudonym import Pseudonyms
from training.transfer.run import Transferred, transfer

SETTINGS = TrainingSettings(hold_back_days=2)
PSEUDONYMS = Pseudonyms("a key of the private site")


class Killed(BaseException):
    """What a kill looks like from inside: nothing runs after it."""


class KilledClient:
    """An S3 client whose process dies at the n-th write; half of the time that write arrived."""

    def __init__(self, s3: Any, writes: int, arrived: bool) -> None:
        self._s3, self._left, self._arrived = s3, writes, arrived

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._s3, name)
        if name not in {"put_object", "delete_objects"}:
            return real

        def write(**arguments: Any) -> Any:
            self._left -= 1
            if self._left == -1 and self._arrived:
                real(**arguments)
            if self._left < 0:
                raise Killed
            return real(**arguments)

        return write


def _run(
    folder: Path,
    s3: Any,
    arrivals: str,
    private: str,
    settings: TrainingSettings = SETTINGS,
    pseudonyms: Pseudonyms = PSEUDONYMS,
    dry_run: bool = False,
) -> Transferred:
    return transfer(
        Folder(folder),
        pseudonyms,
        settings,
        BatchBucket(arrivals, s3, server_checksums=True),
        BatchBucket(private, s3, server_checksums=False),
        dry_run=dry_run,
    )


def test_transfer_killed_at_every_write_ends_with_every_row_once(
    tmp_path: Path, s3_url: str, bucket: Callable[[str], str]
) -> None:
    folder, s3 = small_shop(tmp_path / "orders", days=6, customers=6), client(s3_url)
    arrivals, private = bucket("arrivals"), bucket("private")
    sent = []
    for writes in range(20):
        try:
            done = _run(folder, KilledClient(s3, 1 + writes % 3, arrived=writes % 2 == 0), arrivals, private)
            sent.append(done.sent)
            break
        except Killed:
            if keys(s3, arrivals) and MANIFEST_KEY not in keys(s3, arrivals):
                with pytest.raises(TrainingError, match="no transfer has ended yet"):
                    read_transferred(BatchBucket(arrivals, s3, True), SETTINGS)
    done = _run(folder, s3, arrivals, private)
    assert (done.sent, done.skipped) == (0, 6)
    rows = pd.concat(
        [from_parquet(BatchBucket(arrivals, s3, True).batch(batch)) for batch in done.arrivals.batches]
    )
    assert len(rows) == done.arrivals.cleaning["kept"]
    assert not rows.duplicated().any()
    assert len(keys(s3, arrivals)) == 4 + 1
    assert not [key for key in keys(s3, arrivals) if "rejects" in key]
    assert sorted(batch.day.day for batch in done.held_back.batches) == [5, 6]


def test_held_back_days_never_reach_arrivals(
    tmp_path: Path, s3_url: str, bucket: Callable[[str], str]
) -> None:
    folder, s3 = small_shop(tmp_path / "orders", days=6, customers=6), client(s3_url)
    arrivals, private = bucket("arrivals"), bucket("private")
    _run(folder, s3, arrivals, private)
    assert not [key for key in keys(s3, arrivals) if "2011-09-05" in key or "2011-09-06" in key]
    raw = BatchBucket(private, s3, False).get(HELD_BACK_MANIFEST_KEY)
    assert len(TransferManifest.from_bytes(raw or b"", "private").batches) == 2


def test_batch_changed_behind_the_manifest_is_refused_by_name_and_mended(
    tmp_path: Path, s3_url: str, bucket: Callable[[str], str]
) -> None:
    folder, s3 = small_shop(tmp_path / "orders", days=6, customers=6), client(s3_url)
    arrivals, private = bucket("arrivals"), bucket("private")
    entry = _run(folder, s3, arrivals, private).arrivals.batches[1]
    s3.put_object(Bucket=arrivals, Key=entry.key, Body=b"not what was sent")
    with pytest.raises(TrainingError, match=entry.key):
        read_transferred(BatchBucket(arrivals, s3, True), SETTINGS)
    assert _run(folder, s3, arrivals, private).sent == 1
    assert len(read_transferred(BatchBucket(arrivals, s3, True), SETTINGS).examples) > 0


def test_orders_are_read_from_a_bucket_as_from_a_folder(
    tmp_path: Path, s3_url: str, bucket: Callable[[str], str]
) -> None:
    folder, s3 = small_shop(tmp_path / "orders", days=3, customers=4), client(s3_url)
    name = bucket("orders")
    for path in folder.iterdir():
        s3.put_object(Bucket=name, Key=f"retail/{path.name}", Body=path.read_bytes())
    bucket_orders, folder_orders = Bucket(name, "retail/", s3), Folder(folder)
    assert bucket_orders.days() == folder_orders.days()
    assert bucket_orders.raw(folder_orders.days()[0]) == folder_orders.raw(folder_orders.days()[0])


def test_holding_back_everything_is_refused(tmp_path: Path) -> None:
    folder = small_shop(tmp_path / "orders", days=2, customers=4)
    with pytest.raises(TrainingError, match="hold_back_days is 2"):
        _run(folder, None, "a", "b")


def test_rejected_rows_are_kept_in_the_private_site_with_their_reason(
    tmp_path: Path, s3_url: str, bucket: Callable[[str], str]
) -> None:
    folder, s3 = small_shop(tmp_path / "orders", days=6, customers=6), client(s3_url)
    arrivals, private = bucket("arrivals"), bucket("private")
    write_day(
        folder,
        date(2011, 9, 2),
        [
            "1,10001,CUP,1,2011-09-02 10:00:00,1.5,13000.0,UK",
            "2,10001, CUP ,six,2011-09-02 10:00:00,1.5,13000.0,UK",
            "C3,10001,CUP,-1,2011-09-01 10:00:00,1.5,13000.0,UK",
            "4,POST,POSTAGE,1,2011-09-02 10:00:00,1.5,,UK",
        ],
    )
    done = _run(folder, s3, arrivals, private)
    private_bucket = BatchBucket(private, s3, False)
    (entry,) = done.rejected.batches
    rows = from_parquet(private_bucket.batch(entry))
    assert rows["reason"].tolist() == ["unreadable", "unreadable", "not_products"]
    assert rows["Quantity"].tolist() == ["six", "-1", "1"]
    assert rows["Description"].tolist() == [" CUP ", "CUP", "POSTAGE"], "a reject is kept as it was read"
    assert (
        TransferManifest.from_bytes(private_bucket.get(REJECTS_MANIFEST_KEY) or b"", "rejects")
        == done.rejected
    )
    assert (done.rejected.cleaning["unreadable"], done.rejected.cleaning["not_products"]) == (2, 1)
    assert all("rejects" not in key for key in keys(s3, arrivals))


def test_what_no_manifest_names_any_more_is_taken_away_in_all_its_versions(
    tmp_path: Path, s3_url: str, bucket: Callable[[str], str]
) -> None:
    folder, s3 = small_shop(tmp_path / "orders", days=6, customers=6), client(s3_url)
    arrivals, private = bucket("arrivals"), bucket("private")
    s3.put_bucket_versioning(Bucket=arrivals, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=arrivals, Key="elsewhere/file.parquet", Body=b"not ours")
    _run(folder, s3, arrivals, private)
    # Two more days are held back now: they must not stay where they would be learned from.
    done = _run(folder, s3, arrivals, private, SETTINGS.model_copy(update={"hold_back_days": 4}))
    assert (done.sent, done.taken_away) == (2, 2)
    versions = s3.list_object_versions(Bucket=arrivals)
    named = {each["Key"] for each in (*versions["Versions"], *versions.get("DeleteMarkers", ()))}
    assert named == {
        "elsewhere/file.parquet", MANIFEST_KEY, *(batch.key for batch in done.arrivals.batches)
    }  # fmt: skip
    for each in versions["Versions"]:
        s3.delete_object(Bucket=arrivals, Key=each["Key"], VersionId=each["VersionId"])


def test_rotated_key_makes_every_pseudonym_anew_and_resolves_the_old_ones(
    tmp_path: Path, s3_url: str, bucket: Callable[[str], str]
) -> None:
    folder, s3 = small_shop(tmp_path / "orders", days=6, customers=6), client(s3_url)
    arrivals, private = bucket("arrivals"), bucket("private")

    def customers(done: Transferred) -> set[str]:
        batch_bucket = BatchBucket(arrivals, s3, True)
        return {
            pseudonym
            for entry in done.arrivals.batches
            for pseudonym in from_parquet(batch_bucket.batch(entry))["customer"]
        }

    before = Pseudonyms("2026-05:an old key of the site")
    old = _run(folder, s3, arrivals, private, pseudonyms=before)
    first = customers(old)
    after = Pseudonyms("2026-11:a new key of the site,2026-05:an old key of the site")
    new = _run(folder, s3, arrivals, private, pseudonyms=after)
    second = customers(new)
    assert (old.arrivals.key_id, new.arrivals.key_id) == ("2026-05", "2026-11")
    assert not first & second
    assert (new.sent, new.taken_away) == (6, 6)
    assert len(keys(s3, arrivals)) == 4 + 1
    renewed = after.renewed(str(13_000 + number) for number in range(6))
    assert {renewed[pseudonym] for pseudonym in first} == second
    assert b"key of the site" not in new.arrivals.to_bytes()


def test_dry_run_says_what_a_transfer_would_do_and_writes_nothing(
    tmp_path: Path, s3_url: str, bucket: Callable[[str], str]
) -> None:
    folder, s3 = small_shop(tmp_path / "orders", days=6, customers=6), client(s3_url)
    arrivals, private = bucket("arrivals"), bucket("private")
    dry = _run(folder, s3, arrivals, private, dry_run=True)
    assert not keys(s3, arrivals)
    assert not keys(s3, private)
    done = _run(folder, s3, arrivals, private)
    assert (dry.sent, dry.bytes_sent, dry.arrivals, dry.held_back) == (
        done.sent, done.bytes_sent, done.arrivals, done.held_back
    )  # fmt: skip
    assert _run(folder, s3, arrivals, private, dry_run=True).sent == 0


def test_transfer_of_another_window_at_the_same_time_is_noticed(
    tmp_path: Path, s3_url: str, bucket: Callable[[str], str]
) -> None:
    folder, s3 = small_shop(tmp_path / "orders", days=6, customers=6), client(s3_url)
    arrivals, private = bucket("arrivals"), bucket("private")
    _run(folder, s3, arrivals, private)

    class Meanwhile(BatchBucket):
        """Another transfer, with other held-back days, runs to its end before this one's manifest."""

        def put(self, key: str, content: bytes, **more: Any) -> None:
            _run(folder, s3, arrivals, private, SETTINGS.model_copy(update={"hold_back_days": 4}))
            super().put(key, content, **more)

    with pytest.raises(StoreFailed, match="is gone again: another transfer ran at the same time"):
        transfer(
            Folder(folder),
            PSEUDONYMS,
            SETTINGS,
            Meanwhile(arrivals, s3, server_checksums=True),
            BatchBucket(private, s3, server_checksums=False),
        )
    assert _run(folder, s3, arrivals, private).sent == 2
