"""The engine is killed (SIGKILL) in the middle of an up; the next up must end clean.

The API servers, the OpenStack services and the stand-in for AWS refuse what exists, or make it twice, as the
clouds do; what was being made is recovered by the product (``infra/recovery``).
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Final

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
_NOTICE_SECONDS: Final = 60


def play(estate: Estate, rounds: int, say: Say) -> str:
    """From nothing, ``rounds`` times: kill an up while each cloud makes something; the next ends clean."""
    # Jobs and servers have drills of their own; this one is about the state and the stand-ins.
    change(estate.project_dir, {"training": {"enabled": False}, "serving": {"enabled": False}})
    url = str(estate.settings.aws.endpoint_url)
    whole = bring_up(estate)
    expect(not (found := compare(inventory(url), estate.resources())), f"a plain up left {found}")
    made = {cloud: sum(one["type"].startswith(f"{cloud}:") for one in estate.resources()) for cloud in CLOUDS}
    kills = 0
    for number in range(rounds):
        _down(estate, url)
        share = (number + 0.5) / rounds
        for cloud, count in made.items():
            left = _killed_up(estate, cloud, int(count * share))
            if left is None:
                say(f"round {number + 1}: the up ended before {cloud} could be met at work")
                continue
            kills += 1
            say(f"round {number + 1}: killed while {cloud} made {', '.join(left)}")
        result = bring_up(estate)
        difference = compare(inventory(url), estate.resources())
        expect(not difference, f"after round {number + 1} the next up left {difference}")
        expect(not (other := _others(estate)), f"after round {number + 1} the next up left {other}")
        again = bring_up(estate)
        expect(again.created + again.updated + again.replaced + again.deleted == 0, f"not settled: {again}")
        say(f"round {number + 1}: the next up: {result}; {difference}")
    _down(estate, url)
    expect(kills >= rounds, f"only {kills} of the ups could be killed at work")
    return f"{kills} kills in ups of {whole.created} resources: nothing orphaned, nothing doubled"


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


def _killed_up(estate: Estate, cloud: str, count: int) -> list[str] | None:
    """Start an up and kill its engine when the state says that ``cloud`` makes something beside ``count``.

    The names of what it was making; None where the up ended before.
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
            if not ended.wait(_NOTICE_SECONDS):
                raise DrillFailed(
                    f"the CLI did not notice within {_NOTICE_SECONDS} s that its engine was killed"
                )
            return left
    expect(not failures, f"an up that nobody killed failed: {failures[0] if failures else ''}")
    return None


def _making(estate: Estate, cloud: str, count: int) -> list[str]:
    """What the state says is being made in a cloud, once that holds ``count``."""
    try:
        state = json.loads((estate.home.state / ".pulumi" / "stacks" / PROJECT / f"{STACK}.json").read_text())
    except (OSError, ValueError):
        return []
    latest = (state.get("checkpoint") or {}).get("latest") or {}
    held = [one for one in latest.get("resources") or [] if one["type"].startswith(f"{cloud}:")]
    making = [one["resource"] for one in latest.get("pending_operations") or [] if one["type"] == "creating"]
    found = [one["urn"].rpartition("::")[2] for one in making if one["type"].startswith(f"{cloud}:")]
    return found if len(held) >= count else []


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


DRILL = Drill("killed engine", "the next up ends clean, with no orphan and no double", play, short=1, long=4)
