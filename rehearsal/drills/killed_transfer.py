"""The transfer is killed (SIGKILL) at random moments, and a part that it had sent is changed unseen."""

from __future__ import annotations

import gzip
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import boto3
import pandas as pd
from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.drills.drill import Drill, DrillFailed, expect
from rehearsal.estate import Estate
from training.jobs.local.workers import free_ports
from training.orders.source import Folder
from training.settings import TrainingSettings, Transfer
from training.transfer.batch import from_parquet, pseudonymous
from training.transfer.bucket import BatchBucket
from training.transfer.catalogue import ProductCatalogue
from training.transfer.manifest import BATCH_PREFIX, MANIFEST_KEY, TransferManifest
from training.transfer.pseudonym import Pseudonyms
from training.transfer.run import clean_days, split_days

Say = Callable[[str], None]
KEY = "a key of the drill, worth nothing"
PART = 65_536
REGION = "eu-west-1"
SETTINGS = TrainingSettings(
    hold_back_days=1, transfer=Transfer(bytes_per_second=150_000, part_bytes=PART, at_once=2)
)
DAYS, ROWS = 4, 12_000


def play(estate: Estate, rounds: int, say: Say) -> str:
    """Kill a transfer at ``rounds`` random moments; whenever one ends in spite of it, begin anew."""
    folder = estate.home.root / "killed-transfer"
    random.seed(rounds)
    with _server(folder) as s3:
        drill = _Transfer(s3, _orders(folder / "orders"), estate.home.environment())
        drill.empty()
        started = time.monotonic()
        drill.run()
        span = time.monotonic() - started - drill.seconds_to_begin
        whole = drill.check()
        say(f"undisturbed: {whole}, sent in {span:.1f} s")
        drill.empty()
        kills, ends = 0, 0
        while kills < rounds or drill.changed is None:
            expect(kills < 3 * rounds + 10, "no kill left a part behind that could be changed")
            ended = drill.run(kill_after=random.uniform(0, span))  # noqa: S311
            if ended or drill.is_shown():
                kills += 0 if ended else 1  # between the manifest and the end
                ends += 1
                drill.run()
                drill.check()
                drill.empty()
                continue
            kills += 1
            parts = drill.unfinished()
            if drill.changed is None and parts:
                drill.change_a_part()
            say(f"kill {kills}: {len(drill.keys())} objects and {parts} parts of unfinished uploads there")
        drill.run()
        expect(drill.check() == whole, "the end is not that of an undisturbed transfer")
        expect(bool(drill.named), f"nothing named the changed part ({drill.changed})")
        say(str(drill.named))
    return (
        f"{kills} kills, {ends + 1} transfers that ended: every row exactly once each time ({whole}); "
        "the changed part was named and sent again"
    )


@dataclass
class _Transfer:
    """A transfer job and what it must bring about."""

    s3: Any
    orders: Folder
    environment: dict[str, str]
    changed: str | None = None
    """The part that was changed, as the job must name it."""
    named: str | None = None
    seconds_to_begin: float = 0.0
    expected: pd.DataFrame = field(init=False)

    def __post_init__(self) -> None:
        learn, _ = split_days(self.orders.days(), SETTINGS)
        catalogue = ProductCatalogue()
        for day in clean_days(self.orders, learn):
            catalogue.add(day)
        texts = catalogue.texts()
        frames = [pseudonymous(day, Pseudonyms(KEY), texts) for day in clean_days(self.orders, learn)]
        self.expected = _sorted(pd.concat(frames))

    def run(self, kill_after: float | None = None) -> bool:
        """Run the job, killed so many seconds after it has begun; whether it ended well before."""
        environment = self.environment | {
            "AWS_ENDPOINT_URL": self.s3.meta.endpoint_url,
            "ORDERS_ENDPOINT_URL": self.s3.meta.endpoint_url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "ARRIVALS_BUCKET": "arrivals",
            "PRIVATE_BUCKET": "private",
            "ORDERS_URL": self.orders.url,
            "PSEUDONYM_KEY": KEY,
            "TRAINING_SETTINGS": SETTINGS.model_dump_json(),
        }
        started = time.monotonic()
        job = subprocess.Popen(
            [sys.executable, "-m", "training.jobs.transfer"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if job.stdout is None:
            raise DrillFailed("the transfer has no output")
        output = job.stdout.readline()  # "orders: ..." is the first: it has begun
        self.seconds_to_begin = time.monotonic() - started
        killed = False
        if kill_after is not None:
            try:
                job.wait(kill_after)
            except subprocess.TimeoutExpired:
                job.kill()
                killed = True
        output += job.communicate()[0]
        if self.changed and self.changed in output:
            self.named = next(line for line in output.splitlines() if self.changed in line)
        if not killed and job.returncode != 0:
            raise DrillFailed(f"the transfer ended with {job.returncode}: {output[-500:]}")
        return not killed

    def unfinished(self) -> int:
        """Parts of uploads that nobody finished."""
        return sum(len(self._parts(each)) for each in self._uploads())

    def is_shown(self) -> bool:
        """Whether the manifest is there, by which training sees the batches; then they are all there."""
        bucket = BatchBucket("arrivals", self.s3, True)
        content = bucket.get(MANIFEST_KEY)
        if content is not None:
            for batch in TransferManifest.from_bytes(content, MANIFEST_KEY).batches:
                bucket.batch(batch)
        return content is not None

    def change_a_part(self) -> None:
        """Change one part that has arrived."""
        upload = next(each for each in self._uploads() if self._parts(each))
        part = self._parts(upload)[0]
        self.s3.upload_part(
            Bucket="arrivals",
            Key=upload["Key"],
            UploadId=upload["UploadId"],
            PartNumber=part["PartNumber"],
            Body=b"?" * part["Size"],
        )
        self.changed = f"{upload['Key']}: part {part['PartNumber']} of"

    def check(self) -> str:
        """Check that every row has arrived exactly once, and nothing else.

        Raises:
            DrillFailed: it is not so.
        """
        bucket = BatchBucket("arrivals", self.s3, True)
        manifest = TransferManifest.from_bytes(bucket.get(MANIFEST_KEY) or b"", MANIFEST_KEY)
        rows = _sorted(pd.concat([from_parquet(bucket.batch(batch)) for batch in manifest.batches]))
        expect(len(rows) == len(self.expected), f"{len(rows)} rows, not {len(self.expected)}")
        expect(rows.equals(self.expected), "the rows are not those of the source")
        expect(
            self.keys() == {MANIFEST_KEY, *(batch.key for batch in manifest.batches)},
            f"there are other objects, too: {sorted(self.keys())}",
        )
        expect(not self._uploads(), "an unfinished upload was left")
        return f"{len(rows):,} rows in {len(manifest.batches)} batches"

    def keys(self) -> set[str]:
        """The objects in the arrivals bucket."""
        found = self.s3.list_objects_v2(Bucket="arrivals").get("Contents", ())
        return {each["Key"] for each in found}

    def empty(self) -> None:
        """Begin with empty buckets."""
        for bucket in ("arrivals", "private"):
            try:
                self.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
            except self.s3.exceptions.BucketAlreadyOwnedByYou:
                for each in self.s3.list_objects_v2(Bucket=bucket).get("Contents", ()):
                    self.s3.delete_object(Bucket=bucket, Key=each["Key"])

    def _uploads(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.s3.list_multipart_uploads(
            Bucket="arrivals", Prefix=BATCH_PREFIX
        ).get("Uploads", [])
        return found

    def _parts(self, upload: dict[str, Any]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.s3.list_parts(
            Bucket="arrivals", Key=upload["Key"], UploadId=upload["UploadId"]
        ).get("Parts", [])
        return found


def _sorted(rows: pd.DataFrame) -> pd.DataFrame:
    rows = rows.assign(at=rows["at"].astype("datetime64[s]"))
    return rows.sort_values(list(rows.columns), ignore_index=True)


def _orders(folder: Path) -> Folder:
    """Days whose batches have some parts each."""
    folder.mkdir(parents=True)
    chance = random.Random(3)  # noqa: S311
    for number in range(DAYS):
        day = date(2011, 9, 1) + timedelta(days=number)
        lines = [
            f"{500_000 + row // 12},{10_000 + chance.randrange(4000)},PRODUCT,{chance.randrange(1, 500)},"
            f"{day} {8 + row % 10:02}:{chance.randrange(60):02}:00,{chance.randrange(1, 9999) / 100},"
            f"{12_346 + chance.randrange(4000)}.0,United Kingdom"
            for row in range(ROWS)
        ]
        header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
        text = "\n".join([header, *lines]) + "\n"
        (folder / f"{day}.csv.gz").write_bytes(gzip.compress(text.encode(), 1, mtime=0))
    return Folder(folder)


@contextmanager
def _server(folder: Path) -> Iterator[Any]:
    """A moto server of its own that takes parts of 64 KiB; a client of it."""
    port = free_ports(1)[0]
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        env={**os.environ, "S3_UPLOAD_PART_MIN_SIZE": str(PART)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        s3 = boto3.client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{port}",
            region_name=REGION,
            aws_access_key_id="rehearsal",
            aws_secret_access_key="rehearsal",  # noqa: S106
        )
        for _ in range(300):
            try:
                s3.list_buckets()
                break
            except (BotoCoreError, ClientError):
                time.sleep(0.2)
        yield s3
    finally:
        server.kill()
        server.wait()


DRILL = Drill(
    "killed transfer",
    "every row arrives exactly once, and a part changed on the way is named and sent again",
    play,
    short=4,
    long=20,
)
