"""The fronts of an estate as real processes in a real cluster: asked through their load balancer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import boto3
import httpx
import pytest
from moto.server import ThreadedMotoServer

from infra.__main__ import estate
from rehearsal.cluster.pod_address import here
from tests.infra.judges import plain
from tests.infra.recorded import changed_settings, record
from tests.rehearsal.cluster.conftest import SECONDS, World, container, wait_for
from tests.serving.front.stand_in_triton import ANN, PERSONAL

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

KINDS = ("ServiceAccount", "ConfigMap", "Deployment", "Service", "PodDisruptionBudget", "NetworkPolicy")
PORT = 8088
BUCKET = "arrivals"
SERVERS = (
    "import os, time\n"
    "from tests.serving.front.stand_in_triton import stand_in\n"
    "with stand_in(os.environ['IP'] + ':8001'):\n"
    "    time.sleep(600)\n"
)


def objects(callers: dict[str, str], denied: list[str], store: str) -> list[dict[str, Any]]:
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
            (front,) = each["spec"]["template"]["spec"]["containers"]
            front["args"][-1] = f"s3://{BUCKET}/feedback/"
            said = {"AWS_ENDPOINT_URL": store, "AWS_ACCESS_KEY_ID": "t", "AWS_SECRET_ACCESS_KEY": "t"}
            front["env"] = [one for one in front["env"] if one["name"] not in said]
            front["env"] += [{"name": name, "value": value} for name, value in said.items()]
            # The class of the estate's own is not in this cluster.
            each["spec"]["template"]["spec"].pop("priorityClassName")
        if each["kind"] == "Service":
            # Not every user may listen at 80.
            each["spec"]["ports"][0]["port"] = PORT
    return found


@pytest.fixture
def store() -> Iterator[str]:
    """An object store, at its URL, with the bucket that feedback is brought to."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    client_of(url).create_bucket(Bucket=BUCKET)
    yield url
    server.stop()


def client_of(url: str) -> Any:
    return boto3.client(
        "s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id="t", aws_secret_access_key="t"
    )


def stored(url: str) -> list[str]:
    """Keys of requests whose feedback the bucket has: one line each."""
    client = client_of(url)
    objects = client.list_objects_v2(Bucket=BUCKET).get("Contents", ())
    files = [client.get_object(Bucket=BUCKET, Key=each["Key"])["Body"].read() for each in objects]
    return [json.loads(line)["id"] for file in files for line in file.splitlines()]


@pytest.fixture
def fronts(world: World, store: str) -> Iterator[str]:
    """Where the load balancer listens; the Triton servers behind the fronts are two stand-ins."""
    env = [{"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}]
    one = container(SERVERS, env=env, ports=[{"name": "grpc", "containerPort": 8001}])
    one["command"] = ["python", "-c", SERVERS]
    world.deployment("triton", "", pod={"containers": [one]}, replicas=2)
    world.apply(
        "Service", "triton", {"selector": {"app": "triton"}, "ports": [{"name": "grpc", "port": 8001}]}
    )
    for each in objects({"shop": "first"}, [], store):
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


def send(url: str, key: str, request: str) -> httpx.Response:
    event = {"event": "shown", "customer": ANN, "product": "P1", "at": "2026-11-28T12:00:00Z"}
    body = {"key": request, "events": [event]}
    return httpx.post(f"{url}/v1/feedback", json=body, headers={"X-API-Key": key}, trust_env=False)


def products(answer: httpx.Response | None) -> list[str]:
    return [each["product"] for each in answer.json()["answers"][0]["products"]] if answer else []


def test_a_shop_asks_the_balancer_and_no_question_is_lost_while_fronts_are_replaced(
    world: World, fronts: str, store: str
) -> None:
    first = wait_for(lambda: answer if (answer := ask(fronts, "first")) is not None else None, SECONDS)
    wait_for(lambda: products(ask(fronts, "first")) == PERSONAL[ANN], SECONDS)
    assert first.headers["content-type"].startswith("application/")
    unknown = ask(fronts, "another")
    assert unknown is not None
    assert unknown.status_code == 401
    told = [send(fronts, "first", f"key-{number:04}") for number in range(10)]
    assert [one.status_code for one in told] == [202] * 10
    # Another caller: its key is read at a start, so the fronts go one by one, and somebody always answers.
    before = {pod["metadata"]["uid"] for pod in world.pods(**{"app.kubernetes.io/name": "front"})}
    for each in objects({"shop": "first", "app": "second"}, [PERSONAL[ANN][0]], store):
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
    # The fronts that went have brought what they were told, though no file was a minute old.
    wait_for(lambda: len(set(stored(store))) == len(told), SECONDS)
