"""Releases come into service one after the other, most of them bad, while callers ask all the time."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from infra.naming import Naming
from rehearsal import sandbox
from rehearsal.cluster.cluster import Cluster
from rehearsal.cluster.rollouts import KIND
from rehearsal.control_plane.of_home import control_plane
from rehearsal.drills.canary import faults
from rehearsal.drills.canary.bad_releases import mixed_up, no_model
from rehearsal.drills.canary.scraped import scraped
from rehearsal.drills.drill import Drill, bring_up, expect
from rehearsal.drills.load.another_release import offer
from rehearsal.drills.load.callers import Callers, Seen, Watch, front
from rehearsal.drills.load.faults import is_ready, serving_pods, wait
from rehearsal.drills.load.play import table
from rehearsal.drills.load.service_address import ServiceAddress
from rehearsal.drills.trained_again import releases_store
from rehearsal.estate import NAMESPACE, SERVICE, Estate
from rehearsal.plugins.kubernetes.objects import annotation
from rehearsal.rollouts.controller import controller
from rehearsal.stack_copy import STACK
from training.release import Customers

Say = Callable[[str], None]
REPLICAS: Final = 2
RATE: Final = 20.0
"""Questions a second: enough to measure a canary by, and not what the drill ``load`` is for."""
P99_MS: Final = 500.0
"""What a canary may take here, where others use the machine, too."""
PAUSE_SECONDS: Final = 45
CANARY: Final = {
    "strategy": "canary",
    "steps": [
        {"weight": 34, "pause_seconds": PAUSE_SECONDS},
        {"weight": 67, "pause_seconds": PAUSE_SECONDS},
    ],
    "limits": {"failed": 0.05, "p99_ms": P99_MS, "overlap": 0.5},
    "customers": 200,
}
MOST_FAILED: Final = 0.01
"""Share of the callers' questions that may fail while a canary is bad: it answers a third of them."""


@dataclass(frozen=True)
class Bad:
    """A release that must not stay, and by which measure it goes."""

    what: str
    note: str
    spoil: Callable[[Path], None]
    by: str
    """The metric of the analysis that fails."""
    fault: Callable[[Any, Cluster, str], AbstractContextManager[None]] | None = None


BAD: Final = (
    Bad("it answers wrongly", "wrong", mixed_up, "overlap"),
    Bad("it is slow", "slow", lambda _: None, "slow", faults.slow),
    Bad("it crashes", "crashing", lambda _: None, "restarts", faults.crashing),
    Bad("it cannot start", "broken", no_model, "restarts"),
)


@dataclass(frozen=True)
class Stage:
    """What the play goes on in."""

    estate: Estate
    cluster: Cluster
    watch: Watch
    seen: list[Seen]
    say: Say

    def rollout(self) -> Any:
        """The Rollout as it is now."""
        return self.cluster.get(KIND, SERVICE, NAMESPACE) or {}

    def phase(self) -> str:
        """Of the Rollout, where the controller has seen its newest; else ""."""
        found = self.rollout()
        seen = str(found.get("status", {}).get("observedGeneration")) == str(found["metadata"]["generation"])
        return str(found["status"].get("phase", "")) if seen else ""

    def serves(self, release: str) -> bool:
        """Whether exactly the wanted pods are there, ready and all of one release."""
        pods = serving_pods(self.cluster)
        right = [pod for pod in pods if annotation(pod, faults.RELEASE) == release and is_ready(pod)]
        return len(right) == len(pods) == REPLICAS

    def change(self, **serving: Any) -> None:
        """Change the section serving of the stack file, and bring the estate up: what a merge does."""
        sandbox.change(self.estate.project_dir, {"serving": serving})
        self.estate.up()

    @contextmanager
    def during(self, what: str) -> Iterator[None]:
        """Note what callers see meanwhile."""
        with self.watch.during(what, self.seen):
            yield
        one = self.seen[-1]
        self.say(f"{what}: {one.asked} asked, {one.failed} failed {one.first_failure}")


def play(estate: Estate, rounds: int, say: Say) -> str:
    """Bring each bad release, ``rounds`` times, and a good one; then back to a Deployment."""
    sandbox.change(
        estate.project_dir,
        {
            "platform": {"runs": ["metrics_server", "monitoring", "rollouts"]},
            "serving": {"sites": ["aws"], "replicas": {"min": REPLICAS, "max": REPLICAS}},
        },
    )
    bring_up(estate)
    store = releases_store(estate)
    first = str((store.latest() or {})["digest"])
    with tempfile.TemporaryDirectory(prefix="isthmus-canary-") as name, ExitStack() as stack:
        folder = Path(name)
        customers = folder / "customers"
        customers.write_text("\n".join(Customers.read(store.pull(first, folder / "pulled"))))
        cluster = Cluster(estate.home, Naming(STACK).cluster("aws"))
        prometheus = stack.enter_context(scraped(cluster, SERVICE, folder / "prometheus"))
        kubeconfig = control_plane(estate.home, cluster.name).kubeconfig
        stack.enter_context(controller(kubeconfig, prometheus.url, folder / "rollouts"))
        address = stack.enter_context(
            ServiceAddress(estate.home, cluster.name, NAMESPACE, SERVICE, "grpc", folder / "address")
        )
        asked = Callers(stack.enter_context(front([address.url], folder)), customers, folder)
        watch = stack.enter_context(asked.at(RATE))
        stage = Stage(estate, cluster, watch, [], say)
        with stage.during("a Rollout takes the Deployment's place"):
            stage.change(rollout=CANARY, release=first)
            wait(lambda: stage.phase() == "Healthy" and stage.serves(first), "the Rollout is not healthy")
            expect(cluster.get("Deployment", SERVICE, NAMESPACE) is None, "the Deployment is still there")
        for _ in range(rounds):
            for bad in BAD:
                _taken_back(stage, bad, offer(store, first, bad.note, folder, bad.spoil), first)
        good = offer(store, first, "good", folder)
        with stage.during("a good one is promoted"):
            stage.change(release=good)
            wait(
                lambda: stage.phase() in ("Healthy", "Degraded") and stage.serves(good), "it is not promoted"
            )
            expect(stage.phase() == "Healthy", f"a good release is taken back: {_reason(stage)}")
        with stage.during("a Deployment takes the Rollout's place"):
            stage.change(rollout={**CANARY, "strategy": "rolling"})
            wait(lambda: stage.serves(good), "the Deployment does not serve alone")
            expect(not stage.rollout(), "the Rollout is still there")
        say(table(stage.seen))
    for one in stage.seen:
        expect(
            one.failed <= MOST_FAILED * one.asked,
            f"{one.failed} of {one.asked} questions failed while {one.what}: {one.first_failure}",
        )
    asked_for = sum(one.asked for one in stage.seen)
    failed = sum(one.failed for one in stage.seen)
    return (
        f"{len(BAD) * rounds} bad releases taken back by Argo Rollouts itself, a good one promoted; "
        f"{asked_for} questions meanwhile, {failed} failed"
    )


def _taken_back(stage: Stage, bad: Bad, release: str, stable: str) -> None:
    with stage.during(f"{bad.what}, until it is taken back"):
        with bad.fault(stage.estate.home, stage.cluster, release) if bad.fault else nullcontext():
            stage.change(release=release)
            wait(lambda: stage.phase() in ("Degraded", "Healthy"), f"{bad.what}: it is not judged")
        expect(stage.phase() == "Degraded", f"{bad.what}, and it is promoted")
        reason = _reason(stage)
        expect(f'"{bad.by}"' in reason, f"{bad.what}, and it is taken back for another reason: {reason}")
        wait(lambda: stage.serves(stable), f"{bad.what}: the stable release does not serve alone again")
    stage.say(f"taken back: {reason}")
    # As a person does who reads that: the stack file names the release again that serves.
    stage.change(release=stable)
    wait(lambda: stage.phase() == "Healthy", "the Rollout is not healthy again")


def _reason(stage: Stage) -> str:
    return str(stage.rollout().get("status", {}).get("message", ""))


DRILL = Drill(
    "canary",
    "a release that answers wrongly, is slow, crashes or cannot start is taken back by Argo Rollouts itself "
    "while callers ask, and a good one is promoted",
    play,
    short=0,
    long=1,
)
