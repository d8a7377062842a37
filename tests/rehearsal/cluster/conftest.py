"""A home with one cluster and a node agent; nothing of it is left after a test."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from rehearsal.cluster import agent
from rehearsal.cluster.record import Cluster
from rehearsal.home import Home

IMAGE = "registry.example.org/isthmus/training:1"


class World:
    """One cluster, and the few words that the tests need."""

    def __init__(self, root: Path) -> None:
        self.home = Home(root)
        self.cluster = Cluster(self.home, "aws")

    def apply(self, object: dict[str, Any]) -> dict[str, Any]:
        done = self.cluster.apply(object)
        agent.ensure(self.home)
        return done

    def job(
        self, name: str, script: str, *, template: dict[str, Any] | None = None, **spec: Any
    ) -> dict[str, Any]:
        pod = {"restartPolicy": "Never", "containers": [container(script)]} | (template or {})
        return self.apply(
            {
                "apiVersion": "batch/v1",
                "kind": "Job",
                "metadata": {"name": name, "namespace": "default"},
                "spec": {"template": {"spec": pod}, **spec},
            }
        )

    def finished(self, name: str) -> dict[str, Any]:
        """The Job once it has completed or failed."""

        def over() -> dict[str, Any] | None:
            job = self.cluster.get("Job", name, "default")
            done = {
                c["type"]
                for c in (job or {}).get("status", {}).get("conditions", ())
                if c["status"] == "True"
            }
            return job if done & {"Complete", "Failed"} else None

        return wait_for(over)

    def pods(self, job: dict[str, Any]) -> list[dict[str, Any]]:
        return self.cluster.pods(job["metadata"]["uid"])

    def log(self, pod: dict[str, Any], container: str = "main", suffix: str = ".log") -> str:
        meta = pod["metadata"]
        return (self.cluster.pod_folder(meta["namespace"], meta["name"]) / f"{container}{suffix}").read_text()


def container(script: str, **more: Any) -> dict[str, Any]:
    return {"name": "main", "image": IMAGE, "command": ["python", "-S", "-c", script], **more}


def wait_for(ask: Callable[[], Any], seconds: float = 40.0) -> Any:
    """The first true answer."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := ask():
            return answer
        time.sleep(0.03)
    raise AssertionError(f"nothing came of {ask} in {seconds:g} s")


def processes_of(root: Path) -> list[psutil.Process]:
    """Every living process that has the home's path in its command line or environment."""
    found = []
    for process in psutil.process_iter():
        if process.pid == os.getpid():
            continue
        try:
            words = [*process.cmdline(), *process.environ().values()]
            if process.status() != psutil.STATUS_ZOMBIE and any(str(root) in word for word in words):
                found.append(process)
        except psutil.Error:
            continue
    return found


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path / "home")
    try:
        yield made
    finally:
        agent.stop(made.home)
    assert processes_of(made.home.root) == []
