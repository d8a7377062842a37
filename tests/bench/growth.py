"""How a whole ``isthmus train`` grows: the sample's log several times over, and a made shop.

Each run is a process of its own with an empty folder for what it keeps. Seconds are of the processors, which
do not depend on what else runs, between the lines that it prints, given to the stage that the later line is
of; all of it by the clock, too. Memory is the largest resident set of each kind of process, looked at every
half second. What is measured is said at once. A run that does not end within ``ISTHMUS_BENCH_MINUTES`` is
ended, and its row says how far it came.
"""

from __future__ import annotations

import csv
import gzip
import io
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import psutil

from tests.bench.measure import Row
from tests.training.made_shop import SMALL_SHOP, Size, made_shop

MEMORY_GIB = 4
MADE_MINUTES = 15
CUSTOMER, INVOICE = 6, 0


STEP = re.compile(r"(?P<stage>[a-z ]+): \d+ of \d+(, |$)")
MARKS = {
    "tracking": "shards",
    "release": "export",
    "seed": "ranker",
    "context": "context",
    "ranking": "measure",
    "baseline": "baselines",
}
"""What begins a line that ends another stage."""
KINDS = {"training.jobs.local.worker": "worker", "multiprocessing": "window"}
"""What of a command line tells a kind of process; the others are the command itself."""


@dataclass
class Run:
    """What a run took.

    Attributes:
        rows: of the log.
        seconds: of processors, by stage.
        clock: seconds of all of it.
        processes: seconds of processors of each process so far.
        peaks: the most GiB that a process of each kind held.
        at: the stage in which a run was ended that took too long; "" where it ended well.
    """

    rows: int
    seconds: dict[str, float] = field(default_factory=dict)
    clock: float = 0.0
    processes: dict[int, float] = field(default_factory=dict)
    peaks: dict[str, float] = field(default_factory=dict)
    at: str = ""

    @property
    def total(self) -> float:
        """Seconds of processors."""
        return sum(self.seconds.values())

    @property
    def memory(self) -> str:
        """The peaks, the largest first."""
        ordered = sorted(self.peaks.items(), key=lambda peak: -peak[1])
        return ", ".join(f"{kind} {gib:.2f} GiB" for kind, gib in ordered)

    def row(self, what: str, result: str, bar: str) -> Row:
        """What was measured; of a run that was ended, how far it came."""
        ended = f"NOT ended, in {self.at}: " if self.at else ""
        return what, f"{ended}{result}; {self.memory}", bar


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


def train(orders: Path, before: date, minutes: float, say: Callable[[str], None]) -> Run:
    """One ``isthmus train`` on a folder, with nothing kept from another run; ended after so many minutes."""
    run = Run(rows=sum(gzip.decompress(path.read_bytes()).count(b"\n") - 1 for path in orders.iterdir()))
    with tempfile.TemporaryDirectory(prefix="isthmus-growth-") as name:
        command = [sys.executable, "-m", "isthmus.cli.main", "train", "--orders", str(orders)]
        process = subprocess.Popen(
            [*command, "--before", str(before), "--out", f"{name}/release"],
            env={**os.environ, "XDG_CACHE_HOME": f"{name}/cache", "XDG_DATA_HOME": f"{name}/data"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        watching = threading.Thread(target=_watch, args=(process, run, time.monotonic() + 60 * minutes))
        watching.start()
        began, at, last, stage = time.monotonic(), 0.0, "", "start"
        try:
            for line in process.stdout or ():
                now = sum(run.processes.copy().values())
                if (new := stage_of(line)) != stage:
                    say(f"  {new}, after {time.monotonic() - began:.0f} s, {now:.0f} s of CPU; {run.memory}")
                stage = new
                run.seconds[stage] = run.seconds.get(stage, 0.0) + now - at
                at, last = now, line
            status = process.wait()
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            watching.join()
        run.clock = time.monotonic() - began
        if status and not run.at:
            raise RuntimeError(f"isthmus train failed: {last}")
        run.at = run.at and stage
    return run


def stage_of(line: str) -> str:
    """The stage that a line of the command ends, or is of."""
    if found := STEP.match(line):
        return found["stage"]
    return next((stage for mark, stage in MARKS.items() if line.startswith(mark)), "other")


def _watch(process: subprocess.Popen[str], run: Run, until: float) -> None:
    while process.poll() is None:
        with suppress(psutil.Error):
            whole = psutil.Process(process.pid)
            for each in (whole, *whole.children(recursive=True)):
                with suppress(psutil.Error):
                    words = " ".join(each.cmdline())
                    kind = next((kind for mark, kind in KINDS.items() if mark in words), "command")
                    gib = each.memory_info().rss / 2**30
                    run.peaks[kind] = max(run.peaks.get(kind, 0.0), gib)
                    run.processes[each.pid] = sum(each.cpu_times()[:2])
        if time.monotonic() > until:
            run.at = "a stage"
            os.killpg(process.pid, signal.SIGKILL)
            return
        time.sleep(0.5)


def rows(short: bool, say: Callable[[str], None]) -> Iterator[Row]:
    """The sample 1, 4, 16 and 64 times; then the made shop. ``short``: once and twice, and a tenth of it."""
    sample = Path(os.environ.get("ISTHMUS_BENCH_ORDERS", "data/online-retail/by-day"))
    minutes = float(os.environ.get("ISTHMUS_BENCH_MINUTES", "10" if short else "60"))
    days = sorted(path.name[:10] for path in sample.glob("*.csv.gz"))
    before = date.fromisoformat(os.environ.get("ISTHMUS_BENCH_BEFORE", days[-4]))
    with tempfile.TemporaryDirectory(prefix="isthmus-growth-orders-") as name:
        for row in _rows(short, sample, before, Path(name), minutes, say):
            say(f"  {': '.join(row[:2])}")
            yield row


def _rows(
    short: bool, sample: Path, before: date, folder: Path, minutes: float, say: Callable[[str], None]
) -> Iterator[Row]:
    first: Run | None = None
    named = os.environ.get("ISTHMUS_BENCH_TIMES", "1,2" if short else "1,4,16,64")
    for times in map(int, named.split(",")):
        say(f"  the sample {times} times")
        run = train(repeated(sample, folder / str(times), times), before, minutes, say)
        first = first or run
        each = ", ".join(f"{stage} {seconds / run.rows * 1e6:.0f}" for stage, seconds in run.seconds.items())
        growth = run.total / run.rows / (first.total / first.rows)
        yield run.row(
            f"the sample {times} times, {run.rows:,} rows: seconds of CPU a million rows",
            f"{run.total / run.rows * 1e6:.0f} ({each}), {growth:.2f} times the first; "
            f"{run.clock / 60:.1f} min by the clock",
            f"at most 1.5 times, {MEMORY_GIB} GiB",
        )
    size = Size(1_400, 1_200, 7_700, SMALL_SHOP.days) if short else SMALL_SHOP
    what = f"a made shop of {size.customers:,} customers and {size.products:,} products"
    say(f"  {what}")
    run = train(made_shop(folder / "made", size), date(2011, 6, 14), minutes, say)
    each = ", ".join(f"{stage} {seconds:.0f} s" for stage, seconds in run.seconds.items())
    yield run.row(
        what,
        f"{run.clock / 60:.1f} min; of CPU {run.total:.0f} s ({each})",
        f"at most {MADE_MINUTES} min, {MEMORY_GIB} GiB",
    )
