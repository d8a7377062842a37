"""The engine is killed (SIGKILL) in the middle of an up; the next up must end clean."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import psutil

from rehearsal.drills.drill import Drill, DrillFailed, expect
from rehearsal.drills.holdings import compare
from rehearsal.engine.errors import EngineError
from rehearsal.estate import Estate
from rehearsal.plugins.aws.inventory import inventory
from rehearsal.sandbox import change

Say = Callable[[str], None]


def play(estate: Estate, rounds: int, say: Say) -> str:
    """Kill the engine at ``rounds`` moments spread over an up, each time from nothing."""
    # Jobs and servers have drills of their own; this one is about the state and the stand-ins.
    change(estate.project_dir, {"training": {"enabled": False}, "serving": {"enabled": False}})
    url = str(estate.settings.aws.endpoint_url)
    estate.seed_orders()
    whole = estate.up()
    expect(not (found := compare(inventory(url), estate.resources())), f"a plain up left {found}")
    _down(estate, url)
    span = whole.seconds
    for number in range(rounds):
        left = None
        while left is None:
            moment = span * (number + 0.5) / rounds
            left = _killed_up(estate, moment)
            if left is None:  # it had ended before: this machine has become quicker
                span *= 0.8
                _down(estate, url)
        result = estate.up()
        difference = compare(inventory(url), estate.resources())
        seen = f"killed after {moment:.1f} s with {left} resources in the state"
        expect(not difference, f"{seen}, the next up left {difference}")
        again = estate.up()
        expect(again.created + again.updated + again.replaced + again.deleted == 0, f"not settled: {again}")
        say(f"{seen}; the next up: {result}; {difference}")
        _down(estate, url)
    return f"{rounds} kills in an up of {whole.created} resources: nothing orphaned, nothing doubled"


def _down(estate: Estate, url: str) -> None:
    estate.destroy()
    left = inventory(url)
    expect(not left, f"destroy left {left}")


def _killed_up(estate: Estate, moment: float) -> int | None:
    """Start an up, kill its engine after ``moment`` seconds; how many resources its state then held.

    None where it had ended before.
    """
    ended = threading.Event()
    failures: list[BaseException] = []

    def run() -> None:
        try:
            estate.up()
        except EngineError as error:
            failures.append(error)
        finally:
            ended.set()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    if ended.wait(moment):
        return None
    engine = _engine()
    if engine is None:
        ended.wait()
        return None
    engine.kill()
    if not ended.wait(60):
        raise DrillFailed("the CLI did not notice within 60 s that its engine was killed")
    return len(estate.resources())


def _engine() -> psutil.Process | None:
    """The engine that this process runs for an up."""
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        for child in psutil.Process().children(recursive=True):
            try:
                if child.name() == "pulumi" and "up" in child.cmdline():
                    return child
            except psutil.Error:
                continue
        time.sleep(0.02)
    return None


DRILL = Drill("killed engine", "the next up ends clean, with no orphan and no double", play, short=2, long=10)
