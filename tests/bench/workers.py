"""Two workers on a core each beside one worker on one core: what distribution costs.

The same training (orders, settings, global batch) is run by one worker and by two, by the code that a Job
runs. The ideal is twice the examples a second of the one; the overhead is what is missing from it. On a
machine with other work the seconds of both are mostly that work's, so the processor's seconds are told too:
what two workers compute more than one for the same examples. Only waiting for each other is not in them.
"""

from __future__ import annotations

import gzip
import os
import statistics
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import psutil

from isthmus.progress import Progress, listen
from tests.training.shops import SAMPLE
from training.jobs.local.workers import Workers
from training.operations.tracking.run import SPEED, TRACKING
from training.operations.tracking.tensorboard import read_scalars
from training.operations.workspace import Workspace
from training.orders.source import Folder
from training.settings import TrainingSettings
from training.transfer.pseudonym import Pseudonyms
from training.transfer.run import transfer

BAR = 0.25
WARM_UP = 2
"""Epochs that are not counted: the first compiles, the second still grows its memory."""
COPIES = 5
SETTINGS = TrainingSettings(batch_size=50_000, embedding_dim=128, epochs=7, checkpoint_seconds=0)
"""A step of about 2,000 orders and 0.3 s on one core, and half a million parameters to add up."""


@dataclass(frozen=True)
class Scaling:
    """Examples a second of all epochs; processor seconds of an epoch of each round, all workers together."""

    one: tuple[float, ...]
    two: tuple[float, ...]
    cpu_one: tuple[float, ...]
    cpu_two: tuple[float, ...]

    @property
    def overhead(self) -> float:
        """Share of the ideal that is missing, by the medians."""
        return 1 - statistics.median(self.two) / (2 * statistics.median(self.one))

    @property
    def cpu_overhead(self) -> float:
        """The same by the processor's seconds."""
        return 1 - statistics.median(self.cpu_one) / statistics.median(self.cpu_two)

    def __str__(self) -> str:
        speed_of_one, speed_of_two = statistics.median(self.one), statistics.median(self.two)
        return (
            f"{speed_of_one:.0f} and {speed_of_two:.0f} examples/s: {self.overhead:.0%} missing; "
            f"{statistics.median(self.cpu_one):.2f} and {statistics.median(self.cpu_two):.2f} processor "
            f"seconds an epoch: {self.cpu_overhead:.0%}"
        )


def measure(
    rounds: int, settings: TrainingSettings = SETTINGS, say: Callable[[str], None] = lambda _: None
) -> Scaling:
    """One worker and two, ``rounds`` times by turns; needs two cores."""
    cores = sorted(os.sched_getaffinity(0))[:2]
    if len(cores) < 2:
        raise RuntimeError("two workers on two cores need two cores; this process may use one")
    speeds: dict[int, list[float]] = {1: [], 2: []}
    seconds: dict[int, list[float]] = {1: [], 2: []}
    for number in range(rounds):
        for workers in (1, 2):
            found, cpu = _run(settings.model_copy(update={"workers": workers}), cores)
            speeds[workers] += found
            seconds[workers].append(cpu)
            speed = statistics.median(found)
            say(f"round {number + 1}, {workers} worker(s): {speed:.0f} examples/s, {cpu:.2f} s CPU an epoch")
    return Scaling(tuple(speeds[1]), tuple(speeds[2]), tuple(seconds[1]), tuple(seconds[2]))


def longer_log(folder: Path) -> Path:
    """The sample and copies of it on earlier days of the week: enough orders for steps worth sharing."""
    folder.mkdir()
    for path in sorted(SAMPLE.glob("*.csv.gz")):
        day = date.fromisoformat(path.name.removesuffix(".csv.gz"))
        content = gzip.decompress(path.read_bytes())
        for earlier in (day - timedelta(weeks=5 * copy) for copy in range(COPIES)):
            moved = content.replace(str(day).encode(), str(earlier).encode())
            (folder / f"{earlier}.csv.gz").write_bytes(gzip.compress(moved, compresslevel=1, mtime=0))
    return folder


def rows(rounds: int) -> list[tuple[str, str, str]]:
    """What was measured, the result, the bar."""
    found = measure(rounds)
    return [
        ("two workers on two cores, what is missing to twice one", str(found), f"at most {BAR:.0%}"),
    ]


def _run(settings: TrainingSettings, cores: list[int]) -> tuple[list[float], float]:
    """Examples a second of each epoch after the warm up, and the processor seconds of one, all workers'."""
    with tempfile.TemporaryDirectory(prefix="isthmus-bench-") as folder:
        source = Folder(longer_log(Path(folder) / "orders"))
        work = Workspace.of(source.url, Path(folder))
        pseudonyms = Pseudonyms("the key of a benchmark")
        transfer(source, pseudonyms, settings, work.arrivals, work.private)
        pinned: dict[int, psutil.Process] = {}
        spent: list[float] = []

        def pin(running: dict[int, subprocess.Popen[bytes]]) -> None:
            # Before it has any thread but the first; those that follow stay on its core.
            for index, process in running.items():
                if process.pid not in pinned:
                    os.sched_setaffinity(process.pid, {cores[index]})
                    pinned[process.pid] = psutil.Process(process.pid)

        def count(event: Progress | str) -> None:
            if isinstance(event, Progress):  # an epoch
                times = [process.cpu_times() for process in pinned.values()]
                spent.append(sum(usage.user + usage.system for usage in times))

        with listen(count):
            Workers(settings, work.folder, Path(folder) / "release", pin).run()
        (run,) = (work.folder / TRACKING).iterdir()
        by_epoch = read_scalars(run)[SPEED]
    speeds = [value for epoch, value in by_epoch.items() if epoch > WARM_UP]
    return speeds, (spent[-1] - spent[WARM_UP - 1]) / len(speeds)


if __name__ == "__main__":
    print(f"{measure(3, say=print)}; the bar is {BAR:.0%}")
