"""Callers ask all the time while a release is promoted, Triton is killed, a pod evicted, a site cut off."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from infra.naming import Naming
from rehearsal import sandbox
from rehearsal.cluster.cluster import Cluster
from rehearsal.drills.drill import Drill, bring_up, expect
from rehearsal.drills.load.another_release import offer
from rehearsal.drills.load.callers import Callers, Seen, Watch, front
from rehearsal.drills.load.faults import all_ready, drain, kill_triton, wait
from rehearsal.drills.load.service_address import ServiceAddress
from rehearsal.drills.trained_again import releases_store
from rehearsal.estate import NAMESPACE, SERVICE, Estate
from rehearsal.stack_copy import STACK
from training.release import Customers

Say = Callable[[str], None]
REPLICAS: Final = 2
SHARE: Final = 0.8
"""Of what the front was measured to answer at most."""
AT_ONCE: Final = 16
MEASURED: Final = 3
"""Times; the least counts, as a machine that others use is now fast and now slow."""
MEASURED_SECONDS: Final = 6.0
SECONDS_A_ROUND: Final = 20.0


def play(estate: Estate, rounds: int, say: Say) -> str:
    """Let each of these happen while callers ask for ``rounds`` times 20 seconds."""
    replicas = {"min": REPLICAS, "max": REPLICAS}
    sandbox.change(estate.project_dir, {"serving": {"sites": ["aws", "openstack"], "replicas": replicas}})
    bring_up(estate)
    store = releases_store(estate)
    first = str((store.latest() or {})["digest"])
    with tempfile.TemporaryDirectory(prefix="isthmus-load-") as name, ExitStack() as stack:
        folder = Path(name)
        second = offer(store, first, "second", folder)
        customers = folder / "customers"
        customers.write_text("\n".join(Customers.read(store.pull(first, folder / "pulled"))))
        here, there = (Cluster(estate.home, Naming(STACK).cluster(site)) for site in ("aws", "openstack"))
        addresses = [
            stack.enter_context(
                ServiceAddress(estate.home, site.name, NAMESPACE, SERVICE, "grpc", folder / site.name)
            )
            for site in (here, there)
        ]
        callers = Callers(
            stack.enter_context(front([one.url for one in addresses], folder)), customers, folder
        )
        most = min(callers.most(AT_ONCE, MEASURED_SECONDS) for _ in range(MEASURED))
        rate = SHARE * most
        say(f"the front answers {most:.0f} questions a second at most; {rate:.0f} are asked from now on")
        seen: list[Seen] = []

        def promoted() -> None:
            sandbox.change(estate.project_dir, {"serving": {"release": second}})
            estate.up()

        happening: dict[str, Callable[[], None]] = {
            "nothing happens": lambda: None,
            "a release is promoted": promoted,
            "tritonserver is killed": lambda: kill_triton(estate.home, here),
            "a pod is evicted": lambda: drain(here),
            "the other site is cut off": addresses[1].cut,
            "the own site is cut off": addresses[0].cut,
        }
        with callers.at(rate) as watch:
            for what, happen in happening.items():
                _during(what, happen, rounds * SECONDS_A_ROUND, watch, seen)
                for address in addresses:
                    address.mend()
                wait(lambda: all(all_ready(site, REPLICAS) for site in (here, there)), f"{what}: not ready")
                say(f"{what}: {seen[-1].asked} asked, {seen[-1].failed} failed {seen[-1].first_failure}")
        say(table(seen))
    failed = [f"{one.what}: {one.failed} of {one.asked} ({one.first_failure})" for one in seen if one.failed]
    expect(not failed, f"questions failed while {'; '.join(failed)}")
    retried = sum(one.hedged + one.tried_again for one in seen)
    fell_back = sum(one.fell_back for one in seen)
    asked = sum(one.asked for one in seen)
    return f"{asked} questions, none failed; {retried} times another try, {fell_back} times popular products"


def _during(what: str, happen: Callable[[], None], seconds: float, watch: Watch, seen: list[Seen]) -> None:
    until = time.monotonic() + seconds
    with watch.during(what, seen):
        time.sleep(1)
        happen()
        time.sleep(max(0.0, until - time.monotonic()))


def table(seen: Sequence[Seen]) -> str:
    """What was seen, as text."""
    made = Table(box=None, pad_edge=False)
    for title in Seen.COLUMNS:
        made.add_column(title, justify="left" if title == Seen.COLUMNS[0] else "right")
    for one in seen:
        made.add_row(*one.row)
    console = Console(width=120, color_system=None)
    with console.capture() as captured:
        console.print(made)
    return captured.get().rstrip()


DRILL = Drill(
    "load",
    "no question fails at 80 % of what can be answered while a release is promoted, tritonserver is killed, "
    "a pod is evicted or a site is cut off",
    play,
    short=0,
    long=3,
)
