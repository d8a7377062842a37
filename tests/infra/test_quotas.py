"""Whether a namespace admits all that a stack may ask of it at once: everything at full size, and a rollout.

Pods are weighed as the quota's controller weighs them (kubernetes.io/docs/concepts/workloads/pods/
init-containers, "Resource sharing within containers"; read 2026-11-27).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.__main__ import estate
from infra.settings import read
from infra.settings.checking import check
from isthmus.stack_files import read as read_file
from tests.infra.judges import plain
from tests.infra.recorded import ROOT, STACKS, Estate, Recorded, record

COUNTED = ("cpu", "memory", "nvidia.com/gpu")
BUSY: Mapping[str, Any] = {"tuning": {"enabled": True, "parallel": 3}, "retrain": {"enabled": True}}
LARGEST: Mapping[str, Mapping[str, Any]] = {
    "training": {"enabled": True, "pool": None, "workers": 64, "tuning": {"enabled": True, "parallel": 64}},
    "serving": {"enabled": True, "pool": None, "replicas": {"min": 99, "max": 99}},
}
PLAYS: tuple[Mapping[str, Mapping[str, Any]], ...] = ({}, {"training": BUSY}, LARGEST)


def built(stack: str, changes: Mapping[str, Mapping[str, Any]]) -> Estate:
    config = dict(read_file(ROOT / "stacks" / f"Pulumi.{stack}.yaml").config)
    for section, values in changes.items():
        merged = {**config.get(f"isthmus:{section}", {}), **values}
        config[f"isthmus:{section}"] = {key: value for key, value in merged.items() if value is not None}
    if changes is LARGEST:
        config["isthmus:training"].pop("elastic_min_workers", None)
    settings = check(stack, stack, config)
    return record(lambda: estate(settings), stack)


def weight(pod: Mapping[str, Any]) -> Counter[str]:
    """What a pod asks for: its containers and sidecars together, or the most that starting it takes."""

    def asks(container: Mapping[str, Any]) -> Counter[str]:
        requests = container["resources"]["requests"]
        return Counter({f"requests.{name}": thousandths(requests.get(name, 0)) for name in COUNTED})

    together: Counter[str] = Counter()
    most: Counter[str] = Counter()
    for container in pod.get("initContainers", ()):
        if container.get("restartPolicy") == "Always":
            together.update(asks(container))
            most |= together
        else:
            most |= together + asks(container)
    for container in pod["containers"]:
        together.update(asks(container))
    return (together | most) + Counter({"pods": thousandths(1)})


SCALERS = {
    "kubernetes:autoscaling/v2:HorizontalPodAutoscaler": "maxReplicas",
    "kubernetes:keda.sh/v1alpha1:ScaledObject": "maxReplicaCount",
}
SUFFIXES = {
    "": 1.0,
    "m": 1e-3,
    "k": 1e3,
    "M": 1e6,
    "G": 1e9,
    "Ki": 2.0**10,
    "Mi": 2.0**20,
    "Gi": 2.0**30,
    "Ti": 2.0**40,
}
"""As apimachinery reads them (pkg/api/resource/quantity.go), as far as an estate writes them."""


def thousandths(quantity: Any) -> int:
    """A quantity as a whole number, such as millicores."""
    number = str(quantity).rstrip("".join(SUFFIXES))
    return round(1000 * float(number) * SUFFIXES[str(quantity).removeprefix(number)])


@given(st.integers(0, 10**6), st.sampled_from(list(SUFFIXES)))
def test_quantities_grow_with_their_number(number: int, suffix: str) -> None:
    assert thousandths(f"{number}{suffix}") < thousandths(f"{number + 1}{suffix}")


def pods(found: Estate) -> Counter[tuple[str, str, str]]:
    """What a stack asks for at most, by provider, namespace and what a quota counts."""
    most = {
        (each.provider, each.inputs["spec"]["scaleTargetRef"]["name"]): each.inputs["spec"][bound]
        for type, bound in SCALERS.items()
        for each in found.of(type)
    }
    asked: Counter[tuple[str, str, str]] = Counter()

    def add(each: Recorded, count: int, template: Mapping[str, Any]) -> None:
        namespace = each.inputs["metadata"]["namespace"]
        for name, value in weight(template["spec"]).items():
            asked[each.provider, namespace, name] += count * value

    for each in found.resources:
        inputs = plain(each.inputs)
        match each.type:
            case "kubernetes:batch/v1:Job":
                add(each, inputs["spec"].get("parallelism", 1), inputs["spec"]["template"])
            case "kubernetes:batch/v1:CronJob":
                assert inputs["spec"]["concurrencyPolicy"] == "Forbid"
                job = inputs["spec"]["jobTemplate"]["spec"]
                add(each, job.get("parallelism", 1), job["template"])
            case "kubernetes:apps/v1:Deployment":
                surge = inputs["spec"]["strategy"]["rollingUpdate"]["maxSurge"]
                key = (each.provider, inputs["metadata"]["name"])
                replicas = most.get(key) or inputs["spec"]["replicas"]
                add(each, replicas + surge, inputs["spec"]["template"])
    return asked


@pytest.mark.parametrize("changes", PLAYS, ids=["as it is", "tuning and retraining", "the largest"])
@pytest.mark.parametrize("stack", STACKS)
def test_everything_at_once_is_within_the_quota(stack: str, changes: Mapping[str, Mapping[str, Any]]) -> None:
    found = built(stack, changes)
    hard = {
        (each.provider, each.inputs["metadata"]["namespace"], name): thousandths(value)
        for each in found.of("kubernetes:core/v1:ResourceQuota")
        for name, value in each.inputs["spec"]["hard"].items()
    }
    asked = pods(found)
    assert any(name == "requests.cpu" for *_, name in asked)
    short = {key: (value, hard[key]) for key, value in asked.items() if value > hard[key]}
    assert not short


@pytest.mark.parametrize("stack", STACKS)
def test_a_rollout_at_full_size_has_a_node_for_the_pod_by_which_it_begins(stack: str) -> None:
    settings = read(ROOT / "stacks" / f"Pulumi.{stack}.yaml", stack)
    serving = settings.serving
    if serving.pool is None:
        return
    for site in serving.sites:
        pool = getattr(settings, site).gpu_pools[serving.pool]
        assert pool.max > serving.replicas.max, f"{site}.gpu_pools.{serving.pool}"
