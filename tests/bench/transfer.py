"""One large file to a real S3 server: our upload, boto3's transfer manager, and rclone where there is one.

``python -m tests.bench.transfer [--short] [--mebibytes N] [--rounds N]``. Every upload is a process of its
own; its seconds are those of the upload alone, without the start of its program and without the SHA-256 that
names a batch, which is made when the batch is written. All tools send parts of 8 MiB; how many at once is
each tool's own choice (ours 4, boto3's 10, rclone's 4).
"""

from __future__ import annotations

import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import boto3
import psutil
import typer
from rich.console import Console
from rich.table import Table

from training.jobs.local.workers import free_ports

PART = 8 * 2**20
REGION = "eu-west-1"
KEYS = {
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
}

OURS = """
from datetime import date
from types import SimpleNamespace
from isthmus.object_store import aws_client
from training.transfer.bucket import BatchBucket
import hashlib
client = aws_client()
there = BatchBucket(bucket, client, True)
client.head_bucket(Bucket=bucket)
with path.open("rb") as file:
    sha256 = hashlib.file_digest(file, "sha256").hexdigest()
def upload():
    entry = SimpleNamespace(day=date.min, key=key, rows=1, size=path.stat().st_size, sha256=sha256)
    there.send(entry, path)
"""
BOTO3 = """
import boto3
client = boto3.client("s3")
client.head_bucket(Bucket=bucket)
def upload():
    client.upload_file(str(path), bucket, key)
"""
PROGRAM = """
import json, resource, sys, time
from pathlib import Path
import psutil
bucket, key, path = sys.argv[1], sys.argv[2], Path(sys.argv[3])
{setup}
before = psutil.Process().memory_info().rss
started = time.perf_counter()
upload()
seconds = time.perf_counter() - started
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps([seconds, before, peak]))
"""


@dataclass(frozen=True)
class Measured:
    """One upload: seconds, bytes of memory before it and at its peak (resident set)."""

    seconds: float
    before: int
    peak: int


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """A moto server of its own; large parts go to files in ``folder``."""
    port = free_ports(1)[0]
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        env={**os.environ, "TMPDIR": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        s3 = _client(url)
        for _ in range(300):
            try:
                s3.list_buckets()
                break
            except Exception:
                time.sleep(0.2)
        s3.create_bucket(Bucket="bench", CreateBucketConfiguration={"LocationConstraint": REGION})
        yield url
    finally:
        process.kill()
        process.wait()


def compare(mebibytes: int, rounds: int) -> dict[str, list[Measured]]:
    """Uploads of a file of random bytes in turns, by tool."""
    found: dict[str, list[Measured]] = {}
    with tempfile.TemporaryDirectory(prefix="isthmus-bench-transfer-") as name:
        folder = Path(name)
        path = folder / "file"
        source = random.Random(1)  # noqa: S311
        with path.open("wb") as file:
            for _ in range(mebibytes):
                file.write(source.randbytes(2**20))
        with server(folder) as url:
            s3 = _client(url)
            for number in range(rounds):
                for tool in tools():
                    key = f"orders/batches/{number}-{len(found)}"
                    measured = _upload(tool, url, key, path)
                    size = s3.head_object(Bucket="bench", Key=key)["ContentLength"]
                    if size != path.stat().st_size:
                        raise RuntimeError(f"{tool} brought {size} bytes")
                    s3.delete_object(Bucket="bench", Key=key)
                    found.setdefault(tool, []).append(measured)
    return found


def tools() -> list[str]:
    """What can be compared here."""
    return ["isthmus", "boto3", *(["rclone"] if rclone() else [])]


def rclone() -> str | None:
    """rclone on PATH, or the one that $RCLONE names."""
    return os.environ.get("RCLONE") or shutil.which("rclone")


def _client(url: str) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id="bench",
        aws_secret_access_key="bench",
    )


def _upload(tool: str, url: str, key: str, path: Path) -> Measured:
    environment = {**os.environ, **KEYS, "AWS_ENDPOINT_URL": url}
    if tool == "rclone":
        return _rclone(url, key, path, environment)
    program = PROGRAM.format(setup=OURS if tool == "isthmus" else BOTO3)
    done = subprocess.run(
        [sys.executable, "-c", program, "bench", key, str(path)],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    seconds, before, peak = json.loads(done.stdout.splitlines()[-1])
    return Measured(seconds, before, peak)


def _rclone(url: str, key: str, path: Path, environment: dict[str, str]) -> Measured:
    program = str(rclone())
    started = time.perf_counter()
    subprocess.run([program, "version"], check=True, capture_output=True)
    startup = time.perf_counter() - started
    remote = f":s3,provider=Other,env_auth,force_path_style,no_check_bucket,endpoint='{url}':bench/{key}"
    chosen = ["--s3-upload-cutoff", "8M", "--s3-chunk-size", "8M", "--config", os.devnull]
    started = time.perf_counter()
    process = psutil.Popen(
        [program, "copyto", *chosen, str(path), remote],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    peak = 0
    while process.poll() is None:
        try:
            peak = max(peak, process.memory_info().rss)
        except psutil.Error:
            break
        time.sleep(0.02)
    seconds = time.perf_counter() - started
    if process.wait() != 0:
        raise RuntimeError(f"rclone failed: {process.stderr.read().decode()[-400:]}")
    return Measured(max(seconds - startup, 0.001), 0, peak)


def rows(mebibytes: int, rounds: int) -> list[tuple[str, str, str]]:
    """Lines of a table: what was measured, the result, the bar."""
    found = compare(mebibytes, rounds)
    size = mebibytes * 2**20
    median = {tool: statistics.median(run.seconds for run in each) for tool, each in found.items()}
    table = []
    for tool, each in found.items():
        seconds = [run.seconds for run in each]
        peak = max(run.peak for run in each)
        table.append(
            (
                f"upload of {mebibytes} MiB by {tool}, n={len(each)}",
                f"{median[tool]:.2f} s ({min(seconds):.2f} to {max(seconds):.2f}), "
                f"peak {peak / 2**20:.0f} MiB",
                "",
            )
        )
    fastest = min((tool for tool in median if tool != "isthmus"), key=lambda tool: median[tool])
    ours = max(found["isthmus"], key=lambda run: run.peak)
    table.append(
        (
            f"ratio of the medians to the fastest other ({fastest})",
            f"{median['isthmus'] / median[fastest]:.2f}",
            "at most 1.10",
        )
    )
    table.append(
        (
            "memory of our upload, whole process / what the upload added, by the file's size",
            f"{ours.peak / size:.3f} / {max(ours.peak - ours.before, 0) / size:.3f}",
            "at most 0.1",
        )
    )
    if not rclone():
        table.append(("rclone", "not on PATH and not in $RCLONE: compared with boto3 alone", ""))
    return table


def main(
    short: Annotated[bool, typer.Option("--short", help="A small file, once.")] = False,
    mebibytes: Annotated[int, typer.Option(min=16, help="Size of the file.")] = 1024,
    rounds: Annotated[int, typer.Option(min=1, help="Uploads by each tool.")] = 5,
) -> None:
    """Measure the upload beside other tools."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("Measured", "Result", "Bar"):
        table.add_column(title, overflow="fold")
    for row in rows(64, 1) if short else rows(mebibytes, rounds):
        table.add_row(*row)
    Console(highlight=False, soft_wrap=True).print(table)


if __name__ == "__main__":
    typer.run(main)
