"""The transfer against a real S3 server: killed anywhere, it ends with every row once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.training.conftest import client, keys
from tests.training.shops import small_shop
from training.errors import TrainingError
from training.jobs.train import read
from training.orders.source import Bucket, Folder
from training.settings import TrainingSettings
from training.transfer.batch import from_parquet
from training.transfer.bucket import BatchBucket
from training.transfer.manifest import HELD_BACK_MANIFEST_KEY, MANIFEST_KEY, TransferManifest
from training.transfer.pseudonym import Pseudonyms
from training.transfer.run import Transferred, transfer

SETTINGS = TrainingSettings(hold_back_days=2)
PSEUDONYMS = Pseudonyms("a key of the private site")


class Killed(BaseException):
    """What a kill looks like from inside: nothing runs after it."""


class KilledClient:
    """An S3 client whose process dies at the n-th write; half of the time the write arrived."""

    def __init__(self, s3: Any, writes: int, arrived: bool) -> None:
        self._s3, self._left, self._arrived = s3, writes, arrived

    def __getattr__(self, name: str) -> Any:
        return getattr(self._s3, name)

    def put_object(self, **arguments: Any) -> Any:
        if self._left == 0:
            if self._arrived:
                self._s3.put_object(**arguments)
            raise Killed
        self._left -= 1
        return self._s3.put_object(**arguments)


def _run(folder: Path, s3: Any, arrivals: str, private: str) -> Transferred:
    return transfer(
        Folder(folder),
        PSEUDONYMS,
        SETTINGS,
        BatchBucket(arrivals, s3, server_checksums=True),
        BatchBucket(private, s3, server_checksums=False),
        say=lambda _: None,
    )


def test_transfer_killed_at_every_write_ends_with_every_row_once(
    tmp_path: Path, s3_url: str, bucket: Callable[[str], str]
) -> None:
    folder, s3 = small_shop(tmp_path / "orders", days=6, customers=6), client(s3_url)
    arrivals, private = bucket("arrivals"), bucket("private")
    sent = []
    for writes in range(20):
        try:
            done = _run(folder, KilledClient(s3, writes % 3, arrived=writes % 2 == 0), arrivals, private)
            sent.append(done.sent)
            break
        except Killed:
            if keys(s3, arrivals) and MANIFEST_KEY not in keys(s3, arrivals):
                with pytest.raises(TrainingError, match="no transfer has ended yet"):
                    read(BatchBucket(arrivals, s3, True), SETTINGS)
    done = _run(folder, s3, arrivals, private)
    assert (done.sent, done.skipped) == (0, 6)
    rows = pd.concat(
        [from_parquet(BatchBucket(arrivals, s3, True).batch(one)) for one in done.arrivals.batches]
    )
    assert len(rows) == done.arrivals.cleaning["kept"]
    assert not rows.duplicated().any()
    assert len(keys(s3, arrivals)) == 4 + 1
    assert sorted(one.day.day for one in done.held_back.batches) == [5, 6]


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
        read(BatchBucket(arrivals, s3, True), SETTINGS)
    assert _run(folder, s3, arrivals, private).sent == 1
    assert len(read(BatchBucket(arrivals, s3, True), SETTINGS).purchases) > 0


def test_orders_are_read_from_a_bucket_as_from_a_folder(
    tmp_path: Path, s3_url: str, bucket: Callable[[str], str]
) -> None:
    folder, s3 = small_shop(tmp_path / "orders", days=3, customers=4), client(s3_url)
    name = bucket("orders")
    for path in folder.iterdir():
        s3.put_object(Bucket=name, Key=f"retail/{path.name}", Body=path.read_bytes())
    there, here = Bucket(name, "retail/", s3), Folder(folder)
    assert there.days() == here.days()
    assert there.raw(here.days()[0]) == here.raw(here.days()[0])


def test_holding_back_everything_is_refused(tmp_path: Path) -> None:
    folder = small_shop(tmp_path / "orders", days=2, customers=4)
    with pytest.raises(TrainingError, match="hold_back_days is 2"):
        _run(folder, None, "a", "b")
