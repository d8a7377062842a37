"""Deployments and Services by Kubernetes' own controllers, with real processes that answer."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from rehearsal import json_files
from rehearsal.cluster import agent
from rehearsal.cluster.node import ABOUT
from rehearsal.cluster.of_home import ready_endpoints
from tests.rehearsal.cluster.conftest import container, wait_for
from tests.rehearsal.node.conftest import CLUSTER, SECONDS, LiveWorld, conditions

pytestmark = pytest.mark.timeout(300)

SERVE = (
    "import http.server, os, pathlib\n"
    "class Answer(http.server.BaseHTTPRequestHandler):\n"
    "    def do_GET(self):\n"
    "        self.send_response(503 if pathlib.Path(os.environ['CLOSED']).exists() else 200)\n"
    "        self.end_headers()\n"
    "    def log_message(self, *_): pass\n"
    "http.server.HTTPServer((os.environ['IP'], 8000), Answer).serve_forever()\n"
)


@pytest.fixture
def web(live: LiveWorld) -> Iterator[Path]:
    """Two servers behind a Service; while the file exists, they say that they are not ready."""
    closed = live.home.root / "closed"
    live.deployment("web", "", pod=pod(closed, "1"), replicas=2, strategy=SURGE)
    ports = [{"name": "http", "port": 80, "targetPort": "web"}]
    live.apply("Service", "web", {"selector": {"app": "web"}, "ports": ports})
    wait_for(lambda: len(serving(live)) == 2, SECONDS)
    yield closed
    closed.unlink(missing_ok=True)
    live.cluster.api.delete("apps/v1", "Deployment", "web", "default")
    live.cluster.api.delete("v1", "Service", "web", "default")
    wait_for(lambda: not live.all_pods(app="web"), SECONDS)


SURGE = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}


def pod(closed: Path, version: str) -> dict[str, Any]:
    env = [
        {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
        {"name": "CLOSED", "value": str(closed)},
        {"name": "VERSION", "value": version},
    ]
    probe = {"httpGet": {"port": "web"}, "periodSeconds": 1, "failureThreshold": 1}
    ports = [{"name": "web", "containerPort": 8000}]
    return {"containers": [container(SERVE, env=env, ports=ports, readinessProbe=probe)]}


def serving(live: LiveWorld) -> list[tuple[str, dict[str, int]]]:
    return ready_endpoints(live.home, CLUSTER, "default", "web")


def processes(live: LiveWorld) -> dict[str, int]:
    """The pid of each pod's process, of pods that have one."""
    found: dict[str, int] = {}
    for name in (one["metadata"]["name"] for one in live.pods(app="web")):
        state = json_files.read(live.cluster.pod_folder("default", name) / "run" / "main" / "state.json")
        found |= {name: int(state["pid"])} if state else {}
    return found


def test_a_rolling_update_never_has_fewer_than_two_ready(live: LiveWorld, web: Path) -> None:
    before = set(processes(live))
    live.deployment("web", "", pod=pod(web, "2"), replicas=2, strategy=SURGE)
    counts = []

    def over() -> bool:
        counts.append(len(serving(live)))
        status = live.get("Deployment", "web")["status"]
        new = status.get("observedGeneration") == live.get("Deployment", "web")["metadata"]["generation"]
        return bool(new and status.get("updatedReplicas") == status.get("readyReplicas") == 2) and not (
            before & set(processes(live))
        )

    wait_for(over, SECONDS)
    assert min(counts) >= 2
    assert conditions(live.get("Deployment", "web")).keys() >= {"Available", "Progressing"}
    assert all(ip.startswith("127.77.") and ports == {"http": 8000} for ip, ports in serving(live))


def test_a_readiness_probe_gates_the_endpoint_slice(live: LiveWorld, web: Path) -> None:
    web.touch()
    wait_for(lambda: serving(live) == [], SECONDS)
    assert "Ready" not in conditions(live.pods(app="web")[0])
    web.unlink()
    wait_for(lambda: len(serving(live)) == 2, SECONDS)


def test_a_killed_agents_processes_are_taken_over(live: LiveWorld, web: Path) -> None:
    before = processes(live)
    dead = json_files.read(live.home.clusters / ABOUT)["pid"]
    os.kill(dead, signal.SIGKILL)
    wait_for(lambda: not agent.is_running(live.home))
    agent.ensure(live.home)
    live.job("after", "print('again')")
    assert "Complete" in conditions(live.finished("after"))
    assert processes(live) == before
    assert all(psutil.pid_exists(pid) for pid in before.values())
    restarts = [one["status"]["containerStatuses"][0]["restartCount"] for one in live.pods(app="web")]
    assert restarts == [0, 0]
    (one,) = live.job_pods("after")
    assert live.log(one) == "again\n"  # asked of the new agent, at its own port
