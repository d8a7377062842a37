"""A new release at full replicas, on the estate of every stack with both sites serving, to its end.

The clusters have the nodes of the stack's own pools at their largest, and no room beside them.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.settings import Settings
from rehearsal import sandbox
from rehearsal.cluster.cluster import Cluster
from rehearsal.cluster.of_home import clusters
from tests.infra.recorded import STACKS
from tests.rehearsal.cluster.conftest import conditions
from tests.rehearsal.standing.plays import DIGESTS
from tests.rehearsal.standing.standing_estate import ROOT, Standing, light

pytestmark = [pytest.mark.engine, pytest.mark.long, pytest.mark.timeout(900)]

SITES = ["aws", "openstack"]
OF_THE_REHEARSAL = {
    "aws": ("account_id", "endpoint_url", "object_store"),
    "openstack": ("auth_url", "region", "object_store_url", "object_store", "throw_away_keys"),
    "training": ("orders_url", "orders_version", "base_port"),
}
"""Settings that stay those of stack ``local``: where the clouds of this machine are, and what they keep."""
ZONE = "topology.kubernetes.io/zone"


def write(standing: Standing, stack: str, release: str) -> None:
    """Let the stack file be that of another stack, with both sites serving a release at the most replicas."""
    told = yaml.safe_load((ROOT / "stacks" / f"Pulumi.{stack}.yaml").read_text())["config"]
    here = standing.before["config"]
    for section, keys in OF_THE_REHEARSAL.items():
        key = f"isthmus:{section}"
        own = {name: here[key][name] for name in keys if name in here[key]}
        told[key] = {**told.get(key, {}), **own}
    serving = told["isthmus:serving"]
    most = serving["replicas"]["max"]
    told["isthmus:serving"] = {
        **serving,
        "sites": SITES,
        "replicas": {"min": most, "max": most},
        "release": release,
    }
    file = sandbox.stack_file(standing.estate.project_dir)
    file.write_text(yaml.safe_dump({**standing.before, "config": told}, sort_keys=False))


def nodes(settings: Settings) -> dict[str, int]:
    """Nodes of each site by the settings: all that its pools may have."""
    aws, openstack = settings.aws, settings.openstack
    bought = {"spot_with_fallback": 2}
    return {
        "aws": aws.cluster.system_nodes.max
        + sum(pool.max * bought.get(pool.capacity, 1) for pool in aws.gpu_pools.values()),
        "openstack": openstack.cluster.nodes.max + sum(pool.max for pool in openstack.gpu_pools.values()),
    }


def served(cluster: Cluster, release: str) -> list[dict[str, Any]]:
    """The pods of the service, all of which are ready and of this release."""
    (deployment,) = [
        one for one in cluster.list("Deployment", "serving") if one["metadata"]["name"] == "triton"
    ]
    count, status = deployment["spec"]["replicas"], deployment["status"]
    assert {status[key] for key in ("replicas", "updatedReplicas", "availableReplicas")} == {count}, status
    pods = [pod for pod in cluster.list("Pod", "serving") if "deletionTimestamp" not in pod["metadata"]]
    assert len(pods) == count
    for pod in pods:
        assert "Ready" in conditions(pod), pod["status"]
        assert pod["metadata"]["annotations"]["isthmus.dev/release"] == release
    return pods


@pytest.mark.parametrize("stack", STACKS)
def test_a_rollout_at_full_replicas_completes_on_both_sites(stack: str, tmp_path: Path) -> None:
    with light(tmp_path / stack) as standing:
        for release in DIGESTS:
            write(standing, stack, release)
            standing.run()
            settings = standing.estate.settings
            there = {one.name.rpartition("-")[2]: one for one in clusters(standing.estate.home)}
            assert there.keys() == set(SITES)
            for site, cluster in there.items():
                pods = served(cluster, release)
                assert len(pods) == settings.serving.replicas.max
                of = {node["metadata"]["name"]: node for node in cluster.list("Node")}
                assert len(of) == nodes(settings)[site]
                on = [of[pod["spec"]["nodeName"]]["metadata"]["labels"] for pod in pods]
                if site == "aws":
                    zones = Counter(dict.fromkeys(settings.aws.network.zones, 0))
                    zones.update(labels[ZONE] for labels in on)
                    assert max(zones.values()) - min(zones.values()) <= 2, zones
                refused = [
                    event["message"]
                    for event in cluster.api.list("v1", "Event")
                    if event["reason"] == "FailedCreate"
                ]
                assert refused == []
