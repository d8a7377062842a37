"""A home whose cluster has a real control plane, and a node agent for its pods; one for a file of tests."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from rehearsal.cluster import agent
from rehearsal.cluster.cluster import Cluster
from rehearsal.control_plane import running
from rehearsal.control_plane.of_home import control_plane
from rehearsal.control_plane.provide import Binaries
from rehearsal.home import Home

IMAGE = "registry.example.org/isthmus/training:1"
CLUSTER = "isthmus-local-aws"
SECONDS = 90.0
"""Longer than any of Kubernetes' own controllers waits: a Job tries again after 10 s."""


@pytest.fixture(scope="module")
def cluster_home(tmp_path_factory: pytest.TempPathFactory, binaries: Binaries) -> Iterator[Home]:
    made = Home(tmp_path_factory.mktemp("cluster") / "home")
    plane = control_plane(made, CLUSTER)
    running.start([plane], binaries)
    yield made
    running.stop([plane])


class World:
    """The words that the tests need of one cluster."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.cluster = Cluster(home, CLUSTER)

    def apply(self, kind: str, name: str, spec: dict[str, Any], **more: Any) -> dict[str, Any]:
        version = self.cluster._version(kind)
        meta = {"name": name, "namespace": "default"}
        return self.cluster.api.apply(
            {"apiVersion": version, "kind": kind, "metadata": meta, "spec": spec, **more}, force=True
        )

    def job(
        self, name: str, script: str, *, template: dict[str, Any] | None = None, **spec: Any
    ) -> dict[str, Any]:
        pod = {"restartPolicy": "Never", "containers": [container(script)]} | (template or {})
        return self.apply("Job", name, {"template": {"spec": pod}, **spec})

    def deployment(self, name: str, script: str, *, pod: dict[str, Any] | None = None, **spec: Any) -> None:
        labels = {"app": name}
        one = {"containers": [container(script)], "terminationGracePeriodSeconds": 5} | (pod or {})
        template = {"metadata": {"labels": labels}, "spec": one}
        self.apply("Deployment", name, {"selector": {"matchLabels": labels}, "template": template, **spec})

    def get(self, kind: str, name: str) -> dict[str, Any]:
        return self.cluster.get(kind, name, "default") or {}

    def finished(self, name: str) -> dict[str, Any]:
        """The Job once it has completed or failed."""
        return wait_for(lambda: self._over(name), SECONDS)

    def _over(self, name: str) -> dict[str, Any] | None:
        job = self.get("Job", name)
        return job if {"Complete", "Failed"} & conditions(job).keys() else None

    def all_pods(self, **labels: str) -> list[dict[str, Any]]:
        """The pods of these labels."""
        pods = self.cluster.list("Pod", "default")
        return [pod for pod in pods if labels.items() <= pod["metadata"].get("labels", {}).items()]

    def pods(self, **labels: str) -> list[dict[str, Any]]:
        """Those of them that are not about to go."""
        return [pod for pod in self.all_pods(**labels) if "deletionTimestamp" not in pod["metadata"]]

    def job_pods(self, name: str) -> list[dict[str, Any]]:
        return self.pods(**{"batch.kubernetes.io/job-name": name})

    def log(self, pod: dict[str, Any], **options: str) -> str:
        """As `kubectl logs` has it: the API server asks the node."""
        return self.cluster.api.log("default", pod["metadata"]["name"], "main", **options)


def conditions(object: dict[str, Any]) -> dict[str, str]:
    """The conditions that hold, with their reasons."""
    found = object.get("status", {}).get("conditions", ())
    return {one["type"]: one.get("reason", "") for one in found if one["status"] == "True"}


@pytest.fixture(scope="module")
def world(cluster_home: Home) -> Iterator[World]:
    agent.ensure(cluster_home)
    made = World(cluster_home)
    yield made
    made.cluster.close()
    agent.stop(cluster_home)
    left = [one for one in processes_of(cluster_home.root) if "control-planes" not in " ".join(one.cmdline())]
    assert left == []


def container(script: str, **more: Any) -> dict[str, Any]:
    return {"name": "main", "image": IMAGE, "command": ["python", "-S", "-c", script], **more}


def wait_for(ask: Callable[[], Any], seconds: float = SECONDS) -> Any:
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
