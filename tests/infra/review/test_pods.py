"""Pods by what they request: a part of their nodes, by hand, and never more than these."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from infra.review.cost.bill import bill, context_of
from infra.review.cost.charge import Range
from infra.review.cost.pods import Share, plain, shares
from infra.review.cost.quantities import Asked, of_pod, quantity
from infra.review.preview import Preview
from infra.review.resource import Resource
from infra.settings.cost import CostSettings, Usage
from tests.infra.review.bills import BOOK, resource
from tests.infra.review.test_bill import NODE_GROUP, cents, nodes, price

DEPLOYMENT, JOB = "kubernetes:apps/v1:Deployment", "kubernetes:batch/v1:Job"
SCALER = "kubernetes:keda.sh/v1alpha1:ScaledObject"
CLUSTER = resource("aws:eks/cluster:Cluster", {}, "k")
PROVIDER = resource("pulumi:providers:kubernetes", {}, "p", depends={"kubeconfig": (CLUSTER.urn,)})


def pods(kind: str, name: str, requests: dict[str, Any], **spec: Any) -> Resource:
    pod = {"containers": [{"resources": {"requests": requests}}], "nodeSelector": spec.pop("selects", {})}
    inputs = {"metadata": {"name": name}, "spec": {"template": {"spec": pod}, **spec}}
    return resource(kind, inputs, name, provider=PROVIDER.urn)


def shared(*resources: Resource, **usage: float) -> dict[str, Share]:
    after = {each.urn: each for each in (CLUSTER, PROVIDER, *resources)}
    preview = Preview("s", {}, after, {"aws:region": "eu-west-1"})
    settings = CostSettings(usage=Usage(**usage), price_book=BOOK)  # type: ignore[arg-type]
    found = shares(bill(preview, after, settings), context_of(preview, after, settings))
    return {each.resource.name: each for each in found}


SYSTEM = resource(NODE_GROUP, nodes(2, 4, "m7i.large"), "system")
GPUS = resource(NODE_GROUP, nodes(0, 4, labels={"pool": "big", "purpose": "training"}), "gpus")


def test_a_pod_costs_the_largest_of_its_parts_of_a_node() -> None:
    """m7i.large has 2 CPUs and 8 GiB: half a CPU is a quarter, 6 GiB three quarters."""
    found = shared(SYSTEM, pods(DEPLOYMENT, "web", {"cpu": "500m", "memory": "6Gi"}, replicas=2))
    hour = price("ec2.csv", "m7i.large")
    month = 2 * Decimal("0.75") * 730 * hour
    assert found["web"].nodes == "system"
    assert found["web"].monthly == cents(month, month, month)
    assert plain(found["web"])["requests"] == {"cpus": 0.5, "memoryGib": 6.0, "gpus": 0.0}


def test_a_rollout_costs_what_a_deployment_does() -> None:
    asked: dict[str, Any] = {"cpu": "500m", "memory": "6Gi"}
    as_deployment = shared(SYSTEM, pods(DEPLOYMENT, "web", asked, replicas=2))["web"]
    as_rollout = shared(SYSTEM, pods("kubernetes:argoproj.io/v1alpha1:Rollout", "web", asked, replicas=2))[
        "web"
    ]
    assert as_rollout.monthly is not None
    assert as_rollout.monthly == as_deployment.monthly
    assert as_rollout.nodes == "system"


def test_what_a_scaler_may_do_is_the_range_and_a_job_runs_for_its_hours() -> None:
    bounds = {"scaleTargetRef": {"name": "web"}, "minReplicaCount": 1, "maxReplicaCount": 5}
    scaler = resource(SCALER, {"spec": bounds}, "scaler", provider=PROVIDER.urn)
    gpu = {"nvidia.com/gpu": 1}
    job = pods(JOB, "train", gpu, parallelism=4, selects={"isthmus.dev/pool": "big"})
    found = shared(
        SYSTEM, GPUS, scaler, pods(DEPLOYMENT, "web", {"cpu": 1}), job, busy_share=0.5, training_hours=73
    )
    assert found["web"].pods == Range(Decimal(1), Decimal(3), Decimal(5))
    # A GPU of g5.xlarge is all of it, four times a tenth of the month.
    hour = price("ec2.csv", "g5.xlarge")
    assert found["train"].nodes == "gpus"
    assert found["train"].monthly == cents(Decimal(0), 4 * 73 * hour, 4 * 730 * hour)


@pytest.mark.parametrize(
    ("requests", "nodes_there", "says"),
    [
        ({}, True, "request nothing"),
        ({"cpu": "x"}, True, "request nothing"),
        ({"cpu": 1}, False, "not in the preview"),
        ({"cpu": 64}, True, "no node of system has"),
        ({"nvidia.com/gpu": 1}, True, "no node of system has"),
    ],
)
def test_what_cannot_be_told_says_why(requests: dict[str, Any], nodes_there: bool, says: str) -> None:
    found = shared(*([SYSTEM] if nodes_there else []), pods(DEPLOYMENT, "web", requests))["web"]
    assert found.monthly is None
    assert says in found.reason


@pytest.mark.parametrize(
    ("written", "means"),
    [("250m", "0.25"), ("2Gi", str(2 * 2**30)), ("1.5", "1.5"), (4, "4"), ("1e3", "1000"), ("5M", "5000000")],
)
def test_quantities_are_those_of_kubernetes(written: object, means: str) -> None:
    assert quantity(written) == Decimal(means)


@pytest.mark.parametrize("written", [None, True, "", "x", "-1", "9" * 40, "1ki", [], "1e999"])
def test_what_is_no_quantity_is_none(written: object) -> None:
    assert quantity(written) is None


def test_containers_add_up_and_the_one_that_starts_first_counts_alone() -> None:
    def container(cpu: object, **more: object) -> dict[str, Any]:
        return {"resources": {"requests": {"cpu": cpu, **more}}}

    spec = {"containers": [container("1"), container("500m")], "initContainers": [container("4")]}
    assert of_pod(spec) == Asked(cpus=Decimal(4))
    spec["initContainers"] = [container("1")]
    assert of_pod(spec) == Asked(cpus=Decimal("1.5"))
    limits = {"containers": [{"resources": {"limits": {"nvidia.com/gpu": "2", "memory": "1Gi"}}}]}
    assert of_pod(limits) == Asked(gpus=Decimal(2), memory_gib=Decimal(1))
    others: tuple[object, ...] = (None, [], {"containers": "x"}, {"containers": [None, 1]})
    for wrong in others:
        assert of_pod(wrong) == Asked()
