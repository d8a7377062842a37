"""How a whole ``isthmus train`` grows: the sample's log several times over, and a made shop.

Each run is a process of its own with an empty folder for what it keeps; seconds are those between the lines
that it prints, given to the stage that the later line is of; memory is the largest resident set of any one
process, looked at every half second.
"""

from __future__ import annotations

import csv
import gzip
import io
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import psutil

from isthmus.progress import Progress
from tests.bench.measure import Row
from tests.training.made_shop import SMALL_SHOP, Size, made_shop

MEMORY_GIB = 4
MADE_MINUTES = 15
CUSTOMER, INVOICE = 6, 0


@dataclass
class Run:
    """Seconds by stage, and the most GiB that one process held."""

    rows: int
    seconds: dict[str, float] = field(default_factory=dict)
    peak_gib: float = 0.0

    @property
    def total(self) -> float:
        return sum(self.seconds.values())


def repeated(sample: Path, folder: Path, times: int) -> Path:
    """The by-day files of a log ``times`` times over, each copy with customers and invoices of its own."""
    folder.mkdir(parents=True)
    for path in sorted(sample.glob("*.csv.gz")):
        header, *rows = csv.reader(io.StringIO(gzip.decompress(path.read_bytes()).decode()))
        out = io.StringIO()
        lines = csv.writer(out, lineterminator="\n")
        lines.writerow(header)
        for copy in range(times):
            for row in rows:
                customer = row[CUSTOMER].removesuffix(".0")
                named = f"{int(customer) + 100_000 * copy}.0" if customer else ""
                invoice = row[INVOICE]
                sign = "" if invoice[:1].isdigit() else invoice[:1]
                own = f"{sign}{copy:02}{invoice.removeprefix(sign)}"
                lines.writerow([own, *row[1:CUSTOMER], named, *row[CUSTOMER + 1 :]])
        (folder / path.name).write_bytes(gzip.compress(out.getvalue().encode(), 1, mtime=0))
    return folder


def train(orders: Path, before: date) -> Run:
    """One ``isthmus train`` on a folder, with nothing kept from another run."""
    run = Run(rows=sum(gzip.decompress(path.read_bytes()).count(b"\n") - 1 for path in orders.iterdir()))
    with tempfile.TemporaryDirectory(prefix="isthmus-growth-") as name:
        command = [sys.executable, "-m", "isthmus.cli.main", "train", "--orders", str(orders)]
        process = subprocess.Popen(
            [*command, "--before", str(before), "--out", f"{name}/release"],
            env={**os.environ, "XDG_CACHE_HOME": f"{name}/cache", "XDG_DATA_HOME": f"{name}/data"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        watching = threading.Thread(target=_watch, args=(process, run))
        watching.start()
        at, last = time.perf_counter(), ""
        for line in process.stdout or ():
            found, now = Progress.of_line(line.strip()), time.perf_counter()
            stage = found.stage if found else "other"
            run.seconds[stage] = run.seconds.get(stage, 0.0) + now - at
            at, last = now, line
        if process.wait():
            raise RuntimeError(f"isthmus train failed: {last}")
        watching.join()
    return run


def _watch(process: subprocess.Popen[str], run: Run) -> None:
    while process.poll() is None:
        with suppress(psutil.Error):
            whole = psutil.Process(process.pid)
            for each in (whole, *whole.children(recursive=True)):
                with suppress(psutil.Error):
                    run.peak_gib = max(run.peak_gib, each.memory_info().rss / 2**30)
        time.sleep(0.5)


def rows(short: bool) -> Iterator[Row]:
    """The sample once, 4 and 16 times; then the made shop. ``short``: once and twice, and a tenth of it."""
    sample = Path(os.environ.get("ISTHMUS_BENCH_ORDERS", "data/online-retail/by-day"))
    days = sorted(path.name[:10] for path in sample.glob("*.csv.gz"))
    before = date.fromisoformat(days[-4])
    first: Run | None = None
    with tempfile.TemporaryDirectory(prefix="isthmus-growth-orders-") as name:
        for times in (1, 2) if short else (1, 4, 16):
            run = train(repeated(sample, Path(name, str(times)), times), before)
            first = first or run
            each = ", ".join(
                f"{stage} {seconds / run.rows * 1e6:.0f}" for stage, seconds in run.seconds.items()
            )
            growth = run.total / run.rows / (first.total / first.rows)
            yield (
                f"the sample {times} times, {run.rows:,} rows: seconds a million rows",
                f"{run.total / run.rows * 1e6:.0f} ({each}), {growth:.2f} times the first",
                "at most 1.5 times",
            )
            yield ("the most that one process held", f"{run.peak_gib:.2f} GiB", f"at most {MEMORY_GIB} GiB")
        size = Size(1_400, 1_200, 7_700, SMALL_SHOP.days) if short else SMALL_SHOP
        run = train(made_shop(Path(name, "made"), size), date(2011, 6, 14))
        each = ", ".join(f"{stage} {seconds:.0f} s" for stage, seconds in run.seconds.items())
        yield (
            f"a made shop of {size.customers:,} customers and {size.products:,} products",
            f"{run.total / 60:.1f} min ({each}), {run.peak_gib:.2f} GiB",
            f"at most {MADE_MINUTES} min, {MEMORY_GIB} GiB",
        )
