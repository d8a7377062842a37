"""The engine is killed (SIGKILL) in the middle of an up; the next up must end clean.

The API servers, the OpenStack services and the stand-in for AWS refuse what exists, or make it twice, as the
clouds do; what was being made is recovered by the product (``infra/recovery``).
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any, Final

import psutil

from infra.naming import PROJECT
from isthmus.errors import IsthmusError
from rehearsal.drills.drill import Drill, DrillFailed, bring_up, expect
from rehearsal.drills.holdings import compare, declared_objects, objects
from rehearsal.estate import Estate
from rehearsal.orders import BUCKET
from rehearsal.plugins.aws.inventory import inventory
from rehearsal.plugins.openstack import client
from rehearsal.sandbox import change
from rehearsal.stack_copy import STACK

Say = Callable[[str], None]

CLOUDS: Final = ("openstack", "aws", "kubernetes")
"""In the order in which an up is done with them."""
_LOOK_SECONDS: Final = 0.02
_NOTICE_SECONDS: Final = 300


def play(estate: Estate, rounds: int, say: Say) -> str:
    """From nothing, ``rounds`` times: kill an up while a cloud makes something; the next ends clean."""
    # Jobs and servers have drills of their own; this one is about the state and the stand-ins.
    change(estate.project_dir, {"training": {"enabled": False}, "serving": {"enabled": False}})
    url = str(estate.settings.aws.endpoint_url)
    whole = bring_up(estate)
    expect(not (found := compare(inventory(url), estate.resources())), f"a plain up left {found}")
    stood = estate.resources()
    for number in range(rounds):
        _down(estate, url)
        cloud = CLOUDS[number % len(CLOUDS)]
        made = sum(one["type"].startswith(f"{cloud}:") for one in stood)
        kill = f"kill {number + 1} of {rounds}"
        left = _killed_up(estate, cloud, int(made * (number + 0.5) / rounds))
        there, unfinished = len(estate.resources()), _pending(estate)
        expect(bool(unfinished) or there < len(stood), f"{kill} came when the up was at its end")
        say(f"{kill}: {cloud} made {', '.join(left)}; {len(unfinished)} open, {there} of {len(stood)} there")
        result = bring_up(estate)
        expect(not (still := _pending(estate)), f"after {kill} the next up left open: {', '.join(still)}")
        difference = compare(inventory(url), estate.resources())
        expect(not difference, f"after {kill} the next up left {difference}")
        expect(not (other := _others(estate)), f"after {kill} the next up left {other}")
        expect(_names(estate.resources()) == _names(stood), f"after {kill} another estate stands")
        again = bring_up(estate)
        expect(again.created + again.updated + again.replaced + again.deleted == 0, f"not settled: {again}")
        say(f"{kill}: the next up: {result}; {difference}")
    _down(estate, url)
    return f"{rounds} kills in ups of {whole.created} resources: nothing orphaned, nothing doubled"


def _names(resources: list[dict[str, Any]]) -> list[str]:
    return sorted(one["urn"] for one in resources)


def _others(estate: Estate) -> str:
    """What OpenStack and the clusters hold beside the state, or lack of it; "" for nothing."""
    resources = estate.resources()
    known = {str(one["id"]) for one in resources if one["type"].startswith("openstack:")}
    known |= declared_objects(resources)
    held = (client.held(estate.home) - {BUCKET}) | objects(estate.home)
    orphans, gaps = held - known, known - held
    said = [f"orphans: {', '.join(sorted(orphans))}"] if orphans else []
    return "; ".join([*said, f"gone: {', '.join(sorted(gaps))}"] if gaps else said)


def _down(estate: Estate, url: str) -> None:
    estate.destroy()
    left = inventory(url)
    expect(not left, f"destroy left {left}")


def _killed_up(estate: Estate, cloud: str, count: int) -> list[str]:
    """Start an up and kill its engine when the state says that ``cloud`` makes something beside ``count``.

    The names of what it was making.
    """
    ended = threading.Event()
    failures: list[BaseException] = []

    def run() -> None:
        try:
            bring_up(estate)
        except IsthmusError as error:
            failures.append(error)
        finally:
            ended.set()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    while not ended.wait(_LOOK_SECONDS):
        left = _making(estate, cloud, count)
        if left and (engine := _engine()) is not None:
            engine.kill()
            expect(ended.wait(_NOTICE_SECONDS), f"no word of the engine's end within {_NOTICE_SECONDS} s")
            expect(bool(failures), "the up whose engine was killed ended well all the same")
            return left
    expect(not failures, f"an up that nobody killed failed: {failures[0] if failures else ''}")
    raise DrillFailed(f"the up ended before {cloud} could be met at work")


def _making(estate: Estate, cloud: str, count: int) -> list[str]:
    """What the state says is being made in a cloud, once that holds ``count``."""
    latest = _latest(estate)
    held = [one for one in latest.get("resources") or [] if one["type"].startswith(f"{cloud}:")]
    making = [one["resource"] for one in latest.get("pending_operations") or [] if one["type"] == "creating"]
    found = [one["urn"].rpartition("::")[2] for one in making if one["type"].startswith(f"{cloud}:")]
    return found if len(held) >= count else []


def _pending(estate: Estate) -> list[str]:
    """What the state says was begun and not ended."""
    operations = _latest(estate).get("pending_operations") or []
    return [one["resource"]["urn"].rpartition("::")[2] for one in operations]


def _latest(estate: Estate) -> dict[str, Any]:
    """The state as the engine has it on disk; {} while it writes."""
    try:
        state = json.loads((estate.home.state / ".pulumi" / "stacks" / PROJECT / f"{STACK}.json").read_text())
    except (OSError, ValueError):
        return {}
    return (state.get("checkpoint") or {}).get("latest") or {}


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


DRILL = Drill("killed engine", "the next up ends clean, with no orphan and no double", play, short=3, long=10)
