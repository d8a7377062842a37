"""A training worker is killed in the middle of training, then the Triton server while it answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

import psutil

from rehearsal.drills.drill import Drill, DrillFailed, bring_up, expect
from rehearsal.engine.result import Result
from rehearsal.estate import Estate
from rehearsal.sandbox import processes_of

Found = TypeVar("Found")


def play(estate: Estate, rounds: int, say: Callable[[str], None]) -> str:
    """Kill one of two workers (another one each round), then tritonserver ``rounds`` times."""
    releases = []
    for number in range(rounds):
        result = _up_with_a_killed_worker(estate, number % estate.settings.training.workers)
        say(f"a worker was killed in training: {result}")
        releases.append(_release(estate))
        for _ in range(rounds):
            seconds = _killed_triton(estate)
            say(f"tritonserver was killed: it answered again after {seconds:.1f} s")
        if number + 1 < rounds:
            estate.destroy()
    return f"a release all the same ({', '.join(release[7:19] for release in releases)}), and Triton answers"


def _up_with_a_killed_worker(estate: Estate, index: int) -> Result:
    outcome: list[Result | BaseException] = []

    def run() -> None:
        try:
            outcome.append(bring_up(estate))
        except Exception as error:
            outcome.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()

    def worker_of_the_up() -> psutil.Process | None:
        if not thread.is_alive():
            raise DrillFailed(f"the up ended before a worker was seen: {next(iter(outcome), 'no result')}")
        return _worker(estate, index)

    worker = _wait(worker_of_the_up, 300, "no worker began to train")
    time.sleep(4)  # into the training proper, past the imports
    worker.kill()
    thread.join(600)
    expect(bool(outcome), "the up did not end within 10 minutes of the kill")
    if isinstance(outcome[0], BaseException):
        raise DrillFailed(f"with a worker killed, the up failed: {outcome[0]}")
    return outcome[0]


def _worker(estate: Estate, index: int) -> psutil.Process | None:
    for process in running(estate, "training.jobs.train"):
        try:
            if process.environ().get("JOB_COMPLETION_INDEX") == str(index):
                return process
        except psutil.Error:
            continue
    return None


def _release(estate: Estate) -> str:
    return str(next(iter(estate.outputs()["serving"].values()))["release"])


def _killed_triton(estate: Estate) -> float:
    servers = running(estate, "tritonserver")
    expect(bool(servers), "no tritonserver runs")
    servers[0].kill()
    started = time.monotonic()
    _wait(lambda: estate.answers() or None, 120, "no Triton server answered within 120 s of the kill")
    return time.monotonic() - started


def running(estate: Estate, word: str) -> list[psutil.Process]:
    """The processes whose own command names ``word`` (not the shims that hold them)."""
    found = []
    for process in processes_of(estate.home):
        try:
            line = process.cmdline()
            if any(word in part for part in line) and "rehearsal.cluster.shim" not in line:
                found.append(process)
        except psutil.Error:
            continue
    return found


def _wait(look: Callable[[], Found | None], seconds: float, otherwise: str) -> Found:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if (found := look()) is not None:
            return found
        time.sleep(0.1)
    raise DrillFailed(otherwise)


DRILL = Drill(
    "killed pods",
    "training ends with a release all the same, Triton is back and answers",
    play,
    short=1,
    long=3,
)
