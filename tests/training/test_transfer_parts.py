"""Large batches go in parts to a real S3 server: resumed at any part, and a changed part is sent again."""

from __future__ import annotations

import hashlib
import itertools
import random
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.training.conftest import client, keys
from training.settings import Transfer
from training.transfer.batch import BatchEntry
from training.transfer.bucket import BatchBucket
from training.transfer.parts import Part
from training.transfer.upload import ChecksumMismatch
from training.transfer.upload_limits import UploadLimits

PART = 65_536
SIZE = 5 * PART + 1234
EXAMPLES = itertools.count()
LINE = UploadLimits(Transfer(part_bytes=PART, at_once=2))


class Killed(BaseException):
    """What a kill looks like from inside: nothing runs after it."""


class FaultyClient:
    """An S3 client that dies at chosen calls, before or after they arrived, and changes chosen parts.

    ``deaths``: (number of the writing call, whether it arrived). ``changed``: how often each part is changed.
    """

    WRITES = ("create_multipart_upload", "upload_part", "complete_multipart_upload", "put_object")

    def __init__(self, s3: Any, death: tuple[int, bool] | None = None, changed: dict[int, int] | None = None):
        self._s3, self._death, self._changed = s3, death, dict(changed or {})
        self.calls = 0
        self.parts: list[int] = []

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._s3, name)
        if name not in self.WRITES:
            return real

        def call(**arguments: Any) -> Any:
            self.calls += 1
            dies, arrived = self._death or (0, False)
            if self._death and self.calls >= dies:
                if self.calls == dies and arrived:
                    real(**arguments)
                raise Killed
            if name == "upload_part":
                number = arguments["PartNumber"]
                self.parts.append(number)
                if self._changed.get(number, 0) > 0:
                    self._changed[number] -= 1
                    arguments["Body"] = b"?" * len(arguments["Body"])
            return real(**arguments)

        return call


@pytest.fixture
def large(tmp_path: Path) -> tuple[BatchEntry, Path]:
    content = random.Random(7).randbytes(SIZE)  # noqa: S311
    path = tmp_path / "large"
    path.write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    day = date(2011, 9, 1)
    return BatchEntry(day=day, key="orders/batches/large", rows=1, size=SIZE, sha256=sha256), path


def _ends_whole(s3: Any, name: str, entry: BatchEntry) -> None:
    held = s3.get_object(Bucket=name, Key=entry.key)
    assert hashlib.sha256(held["Body"].read()).hexdigest() == entry.sha256
    assert held["Metadata"] == {"sha256": entry.sha256}
    assert not s3.list_multipart_uploads(Bucket=name).get("Uploads")


@pytest.mark.parametrize("checksums", [True, False])
def test_parts_make_the_object_and_memory_is_not_asked(
    large: tuple[BatchEntry, Path], s3_url: str, bucket: Callable[[str], str], checksums: bool
) -> None:
    entry, path = large
    name, s3 = bucket("arrivals"), client(s3_url)
    batch_bucket = BatchBucket(name, s3, checksums, LINE)
    assert not batch_bucket.holds(entry, path)
    left: list[int] = []
    batch_bucket.send(entry, path, progress=left.append)
    _ends_whole(s3, name, entry)
    assert batch_bucket.holds(entry, path)
    assert sum(left) == SIZE  # reads for checksums and signatures are no progress
    # The object of the same size and name whose bytes are others is not taken for it.
    path.write_bytes(b"!" * SIZE)
    assert batch_bucket.holds(entry, path) != checksums


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deaths=st.lists(st.tuples(st.integers(1, 9), st.booleans()), min_size=1, max_size=4))
def test_upload_killed_anywhere_and_begun_again_is_whole_and_sends_no_part_that_is_there(
    large: tuple[BatchEntry, Path], s3_url: str, bucket: Callable[[str], str], deaths: list[tuple[int, bool]]
) -> None:
    entry, path = large
    name, s3 = bucket(f"arrivals-{next(EXAMPLES)}"), client(s3_url)
    for death in deaths:
        batch_bucket = BatchBucket(name, FaultyClient(s3, death), True, LINE)
        if batch_bucket.holds(entry, path):  # killed when all was done; a transfer asks first, too
            break
        try:
            batch_bucket.send(entry, path)
            break
        except Killed:
            continue
    held = _held_parts(s3, name)
    last = FaultyClient(s3)
    batch_bucket = BatchBucket(name, last, True, LINE)
    if not batch_bucket.holds(entry, path):
        batch_bucket.send(entry, path)
    assert not set(last.parts) & held
    _ends_whole(s3, name, entry)


def _held_parts(s3: Any, name: str) -> set[int]:
    return {
        part["PartNumber"]
        for upload in s3.list_multipart_uploads(Bucket=name).get("Uploads", ())
        for part in s3.list_parts(Bucket=name, Key=upload["Key"], UploadId=upload["UploadId"]).get(
            "Parts", ()
        )
    }


@pytest.mark.parametrize("checksums", [True, False])
def test_part_that_arrives_changed_is_named_and_sent_again_alone(
    log_lines: list[str],
    large: tuple[BatchEntry, Path],
    s3_url: str,
    bucket: Callable[[str], str],
    checksums: bool,
) -> None:
    entry, path = large
    name, s3 = bucket("arrivals"), client(s3_url)
    line = FaultyClient(s3, changed={3: 1})
    assert BatchBucket(name, line, checksums, LINE).send(entry, path) == 1
    _ends_whole(s3, name, entry)
    assert sorted(line.parts) == [1, 2, 3, 3, 4, 5, 6]
    assert [line for line in log_lines if "part 3 of 6" in line]


@pytest.mark.parametrize("checksums", [True, False])
def test_part_that_always_arrives_changed_is_named_and_nothing_is_shown(
    large: tuple[BatchEntry, Path], s3_url: str, bucket: Callable[[str], str], checksums: bool
) -> None:
    entry, path = large
    name, s3 = bucket("arrivals"), client(s3_url)
    with pytest.raises(ChecksumMismatch, match="part 2 arrived changed 3 times"):
        BatchBucket(name, FaultyClient(s3, changed={2: 9}), checksums, LINE).send(entry, path)
    assert entry.key not in keys(s3, name)


def test_part_changed_in_the_store_while_nobody_ran_is_found(
    log_lines: list[str], large: tuple[BatchEntry, Path], s3_url: str, bucket: Callable[[str], str]
) -> None:
    entry, path = large
    name, s3 = bucket("arrivals"), client(s3_url)
    with pytest.raises(Killed):
        BatchBucket(name, FaultyClient(s3, (7, True)), True, LINE).send(entry, path)
    upload = s3.list_multipart_uploads(Bucket=name)["Uploads"][0]["UploadId"]
    s3.upload_part(Bucket=name, Key=entry.key, UploadId=upload, PartNumber=1, Body=b"?" * PART)
    assert BatchBucket(name, s3, True, LINE).send(entry, path) == 1
    assert "part 1 of 6" in log_lines[0]
    _ends_whole(s3, name, entry)


def test_line_is_no_faster_than_told(large: tuple[BatchEntry, Path], tmp_path: Path) -> None:
    _, path = large
    waited: list[float] = []
    line = UploadLimits(Transfer(part_bytes=PART, bytes_per_second=1024 * 1024))
    with line.body(path, Part(1, 0, SIZE)) as body:
        stream = body._fileobj
        stream._time_utils.sleep = waited.append
        stream._leaky_bucket._time_utils.time = lambda: sum(waited)
        body.signal_transferring()
        while body.read(16_384):
            pass
    # SIZE bytes at 1 MiB a second, but for the first read and the blocks of 256 KiB that it counts in.
    assert sum(waited) == pytest.approx(SIZE / 1024 / 1024, abs=0.3)


@pytest.mark.parametrize(("files", "size"), [(1, 3_000_000), (40, 50_000), (3, 262_144), (5, 1)])
def test_a_folder_is_sent_to_no_faster_than_the_line_may_be_used(
    files: int, size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1_000.0]

    def sleep(_: object, seconds: float) -> None:
        clock[0] += seconds

    monkeypatch.setattr("s3transfer.bandwidth.TimeUtils.time", lambda _: clock[0])
    monkeypatch.setattr("s3transfer.bandwidth.TimeUtils.sleep", sleep)
    content = bytes(range(256)) * (size // 256) + bytes(size % 256)
    sent: list[int] = []
    limited = UploadLimits(Transfer(bytes_per_second=20_000))
    for number in range(files):
        path = tmp_path / f"{number}"
        path.write_bytes(content)
        with (tmp_path / f"{number}.copy").open("wb") as copy:
            limited.copy(path, copy, sent.append)
        assert (tmp_path / f"{number}.copy").read_bytes() == content
    assert sum(sent) == files * size
    # The limiter lets its first bytes pass at once.
    assert clock[0] - 1_000 >= (files * size - max(size, 2**18)) / 20_000 * 0.9
    unlimited, before = UploadLimits(), clock[0]
    with (tmp_path / "again").open("wb") as copy:
        unlimited.copy(tmp_path / "0", copy)
    assert clock[0] == before
