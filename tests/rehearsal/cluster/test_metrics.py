"""What pods use, told to Kubernetes' own autoscaler, which acts on it."""

from __future__ import annotations

import os
from typing import Any

import pytest

from rehearsal.cluster.metrics import VERSION, processes
from tests.rehearsal.cluster.conftest import World, container, wait_for

pytestmark = pytest.mark.long

BUSY = "while True: pass"
IDLE = "import time; time.sleep(600)"
SECONDS = 150.0
"""The autoscaler looks every 15 s, at metrics of 15 s, of pods that were ready before these."""


def serve(world: World, name: str, script: str, share: str) -> None:
    """A Deployment of one pod and its autoscaler, which wants half of what a pod asks for to be used."""
    asked = {"resources": {"requests": {"cpu": share, "memory": "64Mi"}}}
    world.deployment(name, script, replicas=1, pod={"containers": [container(script, **asked)]})
    world.apply(
        "HorizontalPodAutoscaler",
        name,
        {
            "minReplicas": 1,
            "maxReplicas": 2,
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
            "metrics": [
                {
                    "type": "Resource",
                    "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}},
                }
            ],
        },
    )


def told(world: World, app: str) -> dict[str, Any]:
    found = world.cluster.api.list(VERSION, "PodMetrics", "default")
    return next((one for one in found if one["metadata"]["labels"].get("app") == app), {})


def used(world: World, name: str) -> dict[str, Any]:
    """What the autoscaler has read."""
    status = world.get("HorizontalPodAutoscaler", name).get("status", {})
    return next(
        (one["resource"]["current"] for one in status.get("currentMetrics", ()) if "resource" in one), {}
    )


def used_of_nodes(world: World) -> float:
    """Cores that are used, by what the nodes' metrics say."""
    nodes = world.cluster.api.list(VERSION, "NodeMetrics")
    return sum(int(node["usage"]["cpu"].removesuffix("n")) for node in nodes) / 1e9


def test_the_autoscaler_adds_a_pod_to_a_busy_one_and_none_to_an_idle_one_whose_metrics_go_with_it(
    world: World,
) -> None:
    serve(world, "busy", BUSY, "100m")
    serve(world, "idle", IDLE, "100m")
    # A pod that never comes to run has no metrics, and keeps nobody else's away.
    world.deployment(
        "never", IDLE, replicas=1, pod={"containers": [{**container(IDLE), "image": "elsewhere:1"}]}
    )
    grown = wait_for(lambda: len(world.pods(app="busy")) == 2, SECONDS)
    assert grown
    assert wait_for(lambda: used(world, "idle"), SECONDS)["averageUtilization"] < 50
    assert len(world.pods(app="idle")) == 1
    (one,) = told(world, "idle")["containers"]
    assert one["name"] == "main"
    memory = int(one["usage"]["memory"].removesuffix("Ki"))
    assert 2_000 < memory < 200_000, "that of one small Python"
    # Told after the pods, of which the autoscaler may know by then.
    assert wait_for(lambda: used_of_nodes(world) > 0.1, SECONDS), "a busy loop's"
    world.cluster.api.delete("apps/v1", "Deployment", "idle", "default")
    wait_for(lambda: not told(world, "idle"), SECONDS)


def test_a_session_is_measured_by_its_leader() -> None:
    mine = dict(processes())[os.getsid(0)]
    assert mine.cpu > 0
    assert mine.memory > 10 << 20, "this process is one of them"
