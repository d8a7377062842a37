"""What an up does with a Job that runs, and with one that failed: the real engine, and a pod that waits.

The plugin replaces a Job by ``pulumi.com/replaceUnready`` as the real one does, so that what leaves a Job
alone here is what the program says of it.
"""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from rehearsal.cluster import agent
from rehearsal.cluster.cluster import Cluster
from rehearsal.control_plane import clusters, running
from rehearsal.control_plane.of_home import control_plane
from rehearsal.engine.command import Engine
from rehearsal.engine.result import Result
from rehearsal.home import Home
from tests.rehearsal.plugins.kubernetes.conftest import NAME, kubeconfig

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

SECONDS = 200
PROGRAM = """
import os

import pulumi
import pulumi_kubernetes as k8s

from infra.cluster_platform.priorities import Priorities
from infra.drain import run
from infra.standing import jobs_made_again
from training.components.context import JobContext
from training.components.job import declare_job, single_pod
from training.components.pod import JobPod

KUBECONFIG = {kubeconfig!r}
TOLD = {told!r}


async def main():
    cluster = k8s.Provider("cluster", kubeconfig=KUBECONFIG, enable_server_side_apply=True)
    there = Priorities("cluster", labels={{}}, opts=pulumi.ResourceOptions(provider=cluster))
    namespace = k8s.core.v1.Namespace(
        "training",
        metadata={{"name": "training"}},
        opts=pulumi.ResourceOptions(provider=cluster, depends_on=[there]),
    )
    context = JobContext(
        namespace=namespace.metadata.name, image="isthmus/training:1", region="eu-west-1",
        arrivals_bucket="a", releases_bucket="r", private_bucket="p", orders_url="file:///orders/",
        orders_endpoint_url="http://127.0.0.1:1", orders_region="us-east-1", settings="{{}}",
        made_again=await jobs_made_again(),
    )
    for name, awaited in (("tune", False), ("train", True)):
        pod = JobPod(
            name=name, module="tests.rehearsal.waiting_job", context=context, backoff_limit=0,
            env={{"TOLD": f"{{TOLD}}-{{name}}"}}, inputs=pulumi.Output.from_input("sha256:0123456789abcdef"),
            timeout_seconds=120,
        )
        parent = pulumi.ComponentResource("tests:Job", name, opts=pulumi.ResourceOptions(provider=cluster))
        declare_job(name, pod, single_pod(pod), parent=parent, awaited=awaited)
    return {{}}


run(main)
"""


class Jobs:
    """A stack of two jobs: one that the engine waits for, and one that it does not."""

    def __init__(self, home: Home, project: Path) -> None:
        self.home = home
        self.engine = Engine(home, project)
        self._cluster = Cluster(home, NAME)

    def told(self, name: str) -> Path:
        """The file by which a job ends."""
        return self.home.root / f"told-{name}"

    def up(self, *, check: bool = True) -> Result:
        return self.engine.up("one", check=check)

    def there(self) -> list[str]:
        """The uids of all jobs."""
        return [job["metadata"]["uid"] for job in self._cluster.list("Job", "training")]

    def started(self, name: str) -> str:
        """The uid of a job whose pod runs."""

        def uid() -> str:
            for job in self._cluster.list("Job", "training"):
                pods = self._cluster.pods(job["metadata"]["uid"])
                runs = any(pod.get("status", {}).get("phase") == "Running" for pod in pods)
                if job["metadata"]["name"].startswith(f"{name}-") and runs:
                    return str(job["metadata"]["uid"])
            return ""

        return _soon(uid, f"no pod of {name} runs")

    def failed(self, name: str) -> None:
        """Wait until a job has failed."""

        def over() -> bool:
            jobs = self._cluster.list("Job", "training")
            states = [
                state["type"]
                for job in jobs
                if job["metadata"]["name"].startswith(f"{name}-")
                for state in job.get("status", {}).get("conditions", ())
            ]
            return "Failed" in states

        _soon(over, f"{name} has not failed")

    def interrupted_up(self) -> None:
        """An up that is ended by Ctrl-C while it waits for the training."""
        results: list[Result] = []
        thread = threading.Thread(target=lambda: results.append(self.up(check=False)), daemon=True)
        thread.start()
        self.started("train")
        for child in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):  # a process of a pod may end as it is looked at
                if child.name() == "pulumi" and "up" in child.cmdline():
                    child.send_signal(signal.SIGINT)
        thread.join(SECONDS)
        assert results, "the engine did not end"
        assert results[0].status != 0


def _soon(look: Callable[[], Any], otherwise: str) -> Any:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.1)
    raise AssertionError(otherwise)


@pytest.fixture
def jobs(home: Home, tiny: Callable[..., Path]) -> Iterator[Jobs]:
    clusters.start(home, [NAME])
    plane = control_plane(home, NAME)
    program = PROGRAM.format(kubeconfig=kubeconfig(plane), told=str(home.root / "told"))
    yield Jobs(home, tiny(program))
    agent.stop(home)
    running.stop([plane])


def test_an_up_during_the_training_leaves_it_alone_and_waits_for_its_end(jobs: Jobs) -> None:
    jobs.interrupted_up()
    training, study = jobs.started("train"), jobs.started("tune")
    threading.Timer(2, lambda: jobs.told("train").write_text("0")).start()
    again = jobs.up()
    assert (again.created, again.replaced, again.deleted) == (0, 0, 0)
    assert jobs.started("tune") == study, "the study was begun again"
    assert sorted(jobs.there()) == sorted([training, study])
    assert (third := jobs.up()).updated + third.replaced == 0


def test_a_failed_job_is_made_again_by_the_next_up_and_then_no_more(jobs: Jobs) -> None:
    jobs.told("train").write_text("3")
    assert jobs.up(check=False).status != 0
    study = jobs.started("tune")
    jobs.told("train").write_text("0")
    again = jobs.up()
    assert again.replaced == 1
    assert (third := jobs.up()).updated + third.replaced == 0
    assert jobs.started("tune") == study

    # Nobody waits for a study: that it failed is known when somebody has asked.
    jobs.told("tune").write_text("3")
    jobs.failed("tune")
    assert jobs.up().replaced == 0
    jobs.told("tune").unlink()
    jobs.engine.refresh("one")
    assert jobs.up().replaced == 1
    study = jobs.started("tune")
    jobs.engine.refresh("one")
    assert (then := jobs.up()).replaced + then.created == 0
    assert jobs.started("tune") == study
