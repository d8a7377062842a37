"""Pods of the tuning are killed (SIGKILL) in the middle of a trial: the study goes on, no trial is lost."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable

from rehearsal import sandbox
from rehearsal.cluster.job import is_over
from rehearsal.cluster.of_home import clusters
from rehearsal.cluster.overview import log_files
from rehearsal.drills.drill import Drill, bring_up, expect
from rehearsal.drills.killed_pods import running
from rehearsal.estate import Estate

TRIALS, PARALLEL = 4, 2
_PATIENCE_SECONDS = 900.0
_ENDED = re.compile(r"^trial (\d+): (?:recall@20|pruned)", re.MULTILINE)


def play(estate: Estate, rounds: int, say: Callable[[str], None]) -> str:
    """Bring the estate up with a tuning, and kill a pod of it ``rounds`` times."""
    tuning = {"enabled": True, "trials": TRIALS, "parallel": PARALLEL, "epochs": 2}
    sandbox.change(estate.project_dir, {"training": {"tuning": tuning}})
    failed: list[BaseException] = []
    # The engine does not wait for the tuning, which begins beside the training.
    up = threading.Thread(target=_up, args=(estate, failed))
    up.start()
    killed, deadline = 0, time.monotonic() + _PATIENCE_SECONDS
    while (over := _over(estate)) is None:
        if killed < rounds and (running(estate, "training.operations.tuning.trial")):
            pods = running(estate, "training.jobs.tune")
            if pods:
                pods[killed % len(pods)].kill()
                killed += 1
                say(f"kill {killed}")
                time.sleep(5)
        expect(time.monotonic() < deadline, f"the tuning does not come to its end: {_logs(estate)[-2000:]}")
        expect(not failed, f"the up failed: {failed[:1]}")
        time.sleep(0.1)
    up.join(_PATIENCE_SECONDS)
    expect(not failed, f"the up failed: {failed[:1]}")
    expect(over[0], f"the tuning failed: {over[1]}: {_logs(estate)[-2000:]}")
    log = _logs(estate)
    expect(killed == rounds, f"{killed} of {rounds} kills met a trial under way")
    expect("was left running by a killed process" in log, "no pod found what it was at")
    ended = {int(number) for number in _ENDED.findall(log)}
    expect(len(ended) == TRIALS, f"{len(ended)} of {TRIALS} trials came to their end")
    expect("is the best: recall@20" in log, "nothing says what is best")
    return f"{killed} pods killed, {len(ended)} of {TRIALS} trials ended, the best is in the releases bucket"


def _up(estate: Estate, failed: list[BaseException]) -> None:
    try:
        bring_up(estate)
    except BaseException as error:
        failed.append(error)


def _over(estate: Estate) -> tuple[bool, str] | None:
    jobs = [
        job
        for cluster in clusters(estate.home)
        for job in cluster.list("Job")
        if job["metadata"]["name"].startswith("tune-")
    ]
    return is_over(jobs[0]) if jobs else None


def _logs(estate: Estate) -> str:
    return "\n".join(file.read_text(errors="replace") for file in log_files(estate.home, "tune"))


DRILL = Drill(
    "killed tuning",
    "the index that comes back takes its trial up, and as many trials end as were wanted",
    play,
    long=3,
    short=0,
)
