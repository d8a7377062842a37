"""The fronts of an estate as real processes in a real cluster: asked through their load balancer."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from infra.__main__ import estate
from rehearsal.cluster.pod_address import here
from tests.infra.judges import plain
from tests.infra.recorded import changed_settings, record
from tests.rehearsal.cluster.conftest import SECONDS, World, container, wait_for
from tests.serving.front.stand_in_triton import ANN, PERSONAL

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

KINDS = ("ServiceAccount", "ConfigMap", "Deployment", "Service", "PodDisruptionBudget", "NetworkPolicy")
PORT = 8088
SERVERS = (
    "import os, time\n"
    "from tests.serving.front.stand_in_triton import stand_in\n"
    "with stand_in(os.environ['IP'] + ':8001'):\n"
    "    time.sleep(600)\n"
)


def objects(callers: dict[str, str], denied: list[str]) -> list[dict[str, Any]]:
    """What the program declares of the fronts of site aws, in a namespace of the test."""
    rules = [{"name": "recalled", "reason": "by its maker", "deny": denied}] if denied else []
    settings = changed_settings(
        "local",
        {
            "serving.front.enabled": True,
            "serving.front.plain_http": True,
            "serving.front.replicas": {"min": 2, "max": 2},
            "serving.front.drain_s": 2.0,
            "serving.front.callers": [
                {"name": name, "sha256": hashlib.sha256(key.encode()).hexdigest()}
                for name, key in callers.items()
            ],
            "serving.front.guard": rules,
            "platform.runs": ["metrics_server", "load_balancers"],
        },
    )
    found = [
        plain(each.inputs)
        for each in record(lambda: estate(settings), "local").resources
        if each.name == "aws-front" and each.type.rpartition(":")[2] in KINDS
    ]
    for each in found:
        each["metadata"]["namespace"] = "default"
        if each["kind"] == "Deployment":
            # The class of the estate's own is not in this cluster.
            each["spec"]["template"]["spec"].pop("priorityClassName")
        if each["kind"] == "Service":
            # Not every user may listen at 80.
            each["spec"]["ports"][0]["port"] = PORT
    return found


@pytest.fixture
def fronts(world: World) -> Iterator[str]:
    """Where the load balancer listens; the Triton servers behind the fronts are two stand-ins."""
    env = [{"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}]
    one = container(SERVERS, env=env, ports=[{"name": "grpc", "containerPort": 8001}])
    one["command"] = ["python", "-c", SERVERS]
    world.deployment("triton", "", pod={"containers": [one]}, replicas=2)
    world.apply(
        "Service", "triton", {"selector": {"app": "triton"}, "ports": [{"name": "grpc", "port": 8001}]}
    )
    for each in objects({"shop": "first"}, []):
        world.cluster.api.apply(each, force=True)

    def given() -> str:
        status = world.get("Service", "front").get("status", {})
        return "".join(each["ip"] for each in status.get("loadBalancer", {}).get("ingress", ()))

    yield f"http://{here(wait_for(given, SECONDS))}:{PORT}"
    for name in ("front", "triton"):
        world.cluster.api.delete("apps/v1", "Deployment", name, "default")
        world.cluster.api.delete("v1", "Service", name, "default")
    wait_for(lambda: not world.cluster.list("Pod", "default"), SECONDS)


def ask(url: str, key: str) -> httpx.Response | None:
    try:
        return httpx.post(
            f"{url}/v1/recommendations",
            json={"customer": ANN, "count": 3},
            headers={"X-API-Key": key},
            trust_env=False,
        )
    except httpx.TransportError:
        return None


def products(answer: httpx.Response | None) -> list[str]:
    return [each["product"] for each in answer.json()["answers"][0]["products"]] if answer else []


def test_a_shop_asks_the_balancer_and_no_question_is_lost_while_fronts_are_replaced(
    world: World, fronts: str
) -> None:
    first = wait_for(lambda: answer if (answer := ask(fronts, "first")) is not None else None, SECONDS)
    wait_for(lambda: products(ask(fronts, "first")) == PERSONAL[ANN], SECONDS)
    assert first.headers["content-type"].startswith("application/")
    unknown = ask(fronts, "another")
    assert unknown is not None
    assert unknown.status_code == 401
    # Another caller: its key is read at a start, so the fronts go one by one, and somebody always answers.
    before = {pod["metadata"]["uid"] for pod in world.pods(**{"app.kubernetes.io/name": "front"})}
    for each in objects({"shop": "first", "app": "second"}, [PERSONAL[ANN][0]]):
        world.cluster.api.apply(each, force=True)
    lost: list[httpx.Response | None] = []

    def replaced() -> bool:
        answer = ask(fronts, "first")
        if answer is None or answer.status_code != 200:
            lost.append(answer)
        now = world.all_pods(**{"app.kubernetes.io/name": "front"})
        return len(now) == 2 and not before & {pod["metadata"]["uid"] for pod in now}

    wait_for(replaced, SECONDS)
    assert lost == []
    answer = ask(fronts, "second")
    assert products(answer)[0] == PERSONAL[ANN][1], "the rule took the first"
