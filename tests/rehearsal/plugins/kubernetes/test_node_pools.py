"""A NodePool of the estate is nodes here: they come, change and go with it."""

from __future__ import annotations

import time
from typing import Any

import pytest

from rehearsal.cluster import agent, pools
from rehearsal.control_plane.api import Api
from rehearsal.home import Home
from rehearsal.plugins.kubernetes import releases
from tests.rehearsal.control_plane.estates import objects
from tests.rehearsal.plugins.kubernetes.conftest import BACKGROUND, NAME, Engine

pytestmark = pytest.mark.timeout(300)

TYPE = "karpenter.sh/v1:NodePool"


def of_prod(name: str) -> dict[str, Any]:
    found = [each for site in objects("prod, nodes by Karpenter") for each in site.of("NodePool")]
    return next(each for each in found if each["metadata"]["name"] == name)


def test_its_nodes_come_with_it_and_go_with_it(engine: Engine, api: Api, cluster_home: Home) -> None:
    releases.define(api, "karpenter-crd")
    inputs = of_prod("training-spot")
    inputs = {**inputs, "metadata": {**inputs["metadata"], "annotations": BACKGROUND}}
    made = engine.up(TYPE, inputs)
    (pool,) = pools.declared(cluster_home, NAME)
    assert pool.nodes == 4
    # A g5.2xlarge (infra/settings/catalogue/aws.yaml).
    assert pool.capacity == {"cpu": "8", "memory": f"{32 * 1024}Mi", "nvidia.com/gpu": "1"}
    assert pool.labels["isthmus.dev/pool"] == "training"
    assert pool.labels["karpenter.sh/capacity-type"] == "spot"
    assert [tuple(each) for each in pool.taints] == [("nvidia.com/gpu", "present", "NoSchedule")]
    agent.ensure(cluster_home)
    assert _until(api, 4)

    fewer = {**inputs, "spec": {**inputs["spec"], "limits": {**inputs["spec"]["limits"], "nodes": "2"}}}
    changed = engine.changed(made, fewer)
    engine.backend.update(made, changed)
    assert [each.nodes for each in pools.declared(cluster_home, NAME)] == [2]
    engine.backend.delete(changed)
    assert pools.declared(cluster_home, NAME) == []


def _until(api: Api, count: int) -> bool:
    deadline = time.monotonic() + 200
    while time.monotonic() < deadline:
        nodes = [api.get("v1", "Node", f"training-spot-{number}") for number in range(count)]
        if all(nodes):
            return True
        time.sleep(0.2)
    return False
