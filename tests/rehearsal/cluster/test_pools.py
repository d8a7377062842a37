"""Nodes as the pools of a cluster declare them, and pods that go where Kubernetes' scheduler sends them."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from rehearsal.cluster import pools
from rehearsal.cluster.pools import GENERAL, Pool
from rehearsal.control_plane.certificates import ADMIN
from rehearsal.control_plane.of_home import control_plane
from tests.rehearsal.cluster.conftest import CLUSTER, SECONDS, World, conditions, container, wait_for

pytestmark = pytest.mark.timeout(300)

GPU = "nvidia.com/gpu"
SMALL = {"cpu": "4", "memory": "16Gi"}
SYSTEM = Pool("system", nodes=2, capacity=SMALL)
TRAINING = Pool(
    "training",
    labels={"isthmus.dev/pool": "training"},
    taints=[(GPU, "present", "NoSchedule")],
    capacity={**SMALL, GPU: "1"},
    zones=["one", "two"],
)


@pytest.fixture
def pooled(world: World) -> Iterator[World]:
    for pool in (SYSTEM, TRAINING):
        pools.declare(world.home, CLUSTER, pool)
    pools.withdraw(world.home, CLUSTER, GENERAL.name)
    wait_for(lambda: ready(world) == {"system-0", "system-1", "training-0"}, SECONDS)
    yield world
    for pool in (SYSTEM, TRAINING):
        pools.withdraw(world.home, CLUSTER, pool.name)
    pools.declare(world.home, CLUSTER, GENERAL)
    wait_for(lambda: ready(world) == {"general-0"}, SECONDS)


def ready(world: World) -> set[str]:
    """Nodes that are ready and not kept out of use."""
    return {
        node["metadata"]["name"]
        for node in world.cluster.list("Node")
        if "Ready" in conditions(node)
        and not any(taint["key"].startswith("node.") for taint in node["spec"].get("taints", ()))
    }


def said_of(pod: dict[str, Any]) -> str:
    """Why the scheduler has no node for it; "" where it has."""
    said = pod.get("status", {}).get("conditions", ())
    return next((one["message"] for one in said if one.get("reason") == "Unschedulable"), "")


def env(name: str, value: str) -> dict[str, str]:
    return {"name": name, "value": value}


def gpu_pod(gpus: int) -> dict[str, Any]:
    limits = {GPU: str(gpus)}
    return {
        "containers": [container("print('trained')", resources={"limits": limits})],
        "nodeSelector": {"isthmus.dev/pool": "training"},
        "tolerations": [{"key": GPU, "operator": "Exists"}],
    }


def test_pods_go_to_the_pool_that_they_select_and_fit_into(pooled: World) -> None:
    pooled.job("fits", "", template=gpu_pod(1))
    pooled.job("too-large", "", template=gpu_pod(2))
    pooled.job("elsewhere", "print('anywhere')")
    for name, node in (("fits", "training"), ("elsewhere", "system")):
        assert "Complete" in conditions(pooled.finished(name))
        (pod,) = pooled.job_pods(name)
        assert pod["spec"]["nodeName"].rpartition("-")[0] == node

    def refused() -> str:
        (pod,) = pooled.job_pods("too-large")
        return said_of(pod)

    assert "Insufficient nvidia.com/gpu" in wait_for(refused, SECONDS)
    pools.declare(pooled.home, CLUSTER, Pool(**{**vars(TRAINING), "capacity": {**SMALL, GPU: "2"}}))
    assert "Complete" in conditions(pooled.finished("too-large"))


def resized(world: World, nodes: int) -> None:
    pools.declare(world.home, CLUSTER, Pool(**{**vars(TRAINING), "nodes": nodes}))


def test_a_rollout_begins_with_a_node_more_than_its_replicas_and_waits_for_it(pooled: World) -> None:
    resized(pooled, 2)
    labels = {"app": "served"}
    spread = [
        {
            "maxSkew": 1,
            "topologyKey": "topology.kubernetes.io/zone",
            "whenUnsatisfiable": "DoNotSchedule",
            "labelSelector": {"matchLabels": labels},
        }
    ]

    def release(digest: str) -> None:
        limits = {"limits": {GPU: "1"}}
        served = container("import time; time.sleep(600)", resources=limits, env=[env("RELEASE", digest)])
        pod = {**gpu_pod(1), "containers": [served], "topologySpreadConstraints": spread}
        surge = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
        grace = {"terminationGracePeriodSeconds": 1}
        pooled.deployment("served", "", pod={**pod, **grace}, replicas=2, strategy=surge)

    def rolled_out(digest: str) -> bool:
        pods = pooled.all_pods(**labels)
        served = [
            pod["spec"]["containers"][0]["env"][0]["value"] for pod in pods if "Ready" in conditions(pod)
        ]
        return served == [digest] * 2 and len(pods) == 2

    release("first")
    wait_for(lambda: rolled_out("first"), SECONDS)
    assert {pod["spec"]["nodeName"] for pod in pooled.pods(**labels)} == {"training-0", "training-1"}
    release("second")
    waiting = wait_for(lambda: [pod for pod in pooled.pods(**labels) if said_of(pod)], SECONDS)
    assert "2 Insufficient nvidia.com/gpu" in said_of(waiting[0])
    assert sum("Ready" in conditions(pod) for pod in pooled.pods(**labels)) == 2
    resized(pooled, 3)
    wait_for(lambda: rolled_out("second"), SECONDS)
    # Nodes that go take no pod along before there is a place for it, and what has none waits.
    pools.withdraw(pooled.home, CLUSTER, TRAINING.name)
    wait_for(lambda: ready(pooled) == {"system-0", "system-1"}, SECONDS)
    wait_for(lambda: [bool(said_of(pod)) for pod in pooled.all_pods(**labels)] == [True] * 2, SECONDS)
    pooled.cluster.api.delete("apps/v1", "Deployment", "served", "default")


def test_a_deleted_pod_has_its_grace_and_leaves_nothing(world: World) -> None:
    script = (
        "import pathlib, signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: (print('asked', flush=True), time.sleep(1), sys.exit(0)))\n"
        "print('up', flush=True)\n"
        "time.sleep(600)\n"
    )
    spec = {"containers": [container(script)], "terminationGracePeriodSeconds": 30}
    pod = world.apply("Pod", "graceful", spec)
    wait_for(lambda: "Ready" in conditions(world.get("Pod", "graceful")), SECONDS)
    folder = world.cluster.pod_folder("default", "graceful")
    followed: list[str] = []
    reading = threading.Thread(target=lambda: followed.append(world.log(pod, follow="true")))
    reading.start()
    wait_for(lambda: (folder / "main.log").read_text() == "up\n", SECONDS)
    world.cluster.api.delete("v1", "Pod", "graceful", "default")
    assert "deletionTimestamp" in world.get("Pod", "graceful")["metadata"]
    wait_for(lambda: not world.get("Pod", "graceful"), SECONDS)
    reading.join(SECONDS)
    assert followed == ["up\nasked\n"]
    wait_for(lambda: not folder.exists(), SECONDS)


def test_a_sidecar_is_an_init_container_that_runs_on(world: World) -> None:
    wait = "import time; time.sleep(600)"
    beside = {**container(wait), "name": "beside", "restartPolicy": "Always"}
    first = {**container("print('first')"), "name": "first"}
    spec = {"containers": [container(wait)], "initContainers": [first, beside]}
    world.apply("Pod", "with-sidecar", {**spec, "terminationGracePeriodSeconds": 1})
    wait_for(lambda: "Ready" in conditions(world.get("Pod", "with-sidecar")), SECONDS)
    status = world.get("Pod", "with-sidecar")["status"]
    assert [one["name"] for one in status["initContainerStatuses"]] == ["first", "beside"]
    assert [one["name"] for one in status["containerStatuses"]] == ["main"]
    world.cluster.api.delete("v1", "Pod", "with-sidecar", "default")
    wait_for(lambda: not world.get("Pod", "with-sidecar"), SECONDS)


def test_an_image_without_a_stand_in_stays_pending_and_says_so(world: World) -> None:
    foreign = {**container("print()"), "image": "registry.example.org/elsewhere:1"}
    world.apply("Pod", "foreign", {"containers": [foreign]})
    wait_for(lambda: "reason" in world.get("Pod", "foreign").get("status", {}), SECONDS)
    status = world.get("Pod", "foreign")["status"]
    assert (status["phase"], status["reason"]) == ("Pending", "NotOnThisMachine")
    assert "registry.example.org/elsewhere:1" in status["message"]
    world.cluster.api.delete("v1", "Pod", "foreign", "default")
    wait_for(lambda: not world.get("Pod", "foreign"), SECONDS)


def test_nobody_but_the_api_server_reads_logs_at_the_node(world: World) -> None:
    node = wait_for(lambda: world.cluster.get("Node", "general-0"), SECONDS)
    port = node["status"]["daemonEndpoints"]["kubeletEndpoint"]["Port"]
    keys = control_plane(world.home, CLUSTER).keys
    url = f"https://127.0.0.1:{port}/containerLogs/default/any/main"
    nobody = ssl.create_default_context(cafile=keys.authority.certificate)
    with pytest.raises(httpx.HTTPError):
        httpx.get(url, verify=nobody, trust_env=False)
    admin = ssl.create_default_context(cafile=keys.authority.certificate)
    admin.load_cert_chain(keys.client(ADMIN[0]).certificate, keys.client(ADMIN[0]).key)
    assert httpx.get(url, verify=admin, trust_env=False).status_code == 403
