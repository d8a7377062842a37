"""Changes of objects that stand: what the API server keeps, and what the plugin replaces them for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from rehearsal.control_plane.api import Api
from rehearsal.control_plane.errors import ApiRefused
from rehearsal.home import Home
from rehearsal.plugins.backend import Resource
from rehearsal.plugins.kubernetes.backend import KubernetesBackend
from tests.rehearsal.control_plane.estates import objects, right

SITES = tuple(each.inside(f"changed-{each.site}") for each in objects("prod, all that can be on"))


@dataclass(frozen=True)
class Changed:
    """One field of one object of the estate, changed."""

    kind: str
    name: str
    path: str
    value: Any
    kept: bool = False
    """Whether the API server refuses the change."""
    replaced: bool = False
    """Whether pulumi-kubernetes makes the object anew; where only the server keeps a field, an up fails."""


_TEMPLATE = "spec/template/spec"
CHANGES = (
    Changed("Deployment", "triton", "spec/replicas", 5),
    Changed("Deployment", "triton", f"{_TEMPLATE}/containers/0/image", "another:1"),
    Changed("Deployment", "triton", f"{_TEMPLATE}/terminationGracePeriodSeconds", 31),
    Changed("Deployment", "triton", "spec/strategy/rollingUpdate/maxSurge", 2),
    Changed(
        "Deployment",
        "triton",
        "spec/selector/matchLabels",
        {"isthmus.dev/project": "isthmus"},
        kept=True,
        replaced=True,
    ),
    Changed("Job", "train", f"{_TEMPLATE}/containers/0/image", "another:1", kept=True, replaced=True),
    Changed("Job", "train", "spec/completionMode", "NonIndexed", kept=True),
    Changed("Job", "train", "spec/completions", 5, kept=True, replaced=True),
    Changed("Job", "train", "spec/podFailurePolicy/rules/0/action", "Count", kept=True),
    Changed("Job", "train", "spec/successPolicy/rules/0/succeededCount", 2, kept=True),
    Changed("Job", "train", "spec/backoffLimitPerIndex", 7, kept=True),
    Changed("Job", "train", "spec/maxFailedIndexes", 2),
    Changed("Job", "train", "spec/parallelism", 3, replaced=True),
    Changed("Job", "train", "spec/activeDeadlineSeconds", 86401),
    Changed("Job", "train", "spec/ttlSecondsAfterFinished", 60),
    Changed("Job", "rank", "spec/backoffLimit", 4),
    Changed("CronJob", "retrain", "spec/schedule", "0 5 * * 0"),
    Changed("CronJob", "retrain", "spec/suspend", True),
    Changed(
        "CronJob",
        "retrain",
        "spec/jobTemplate/spec/template/spec/containers/0/image",
        "another:1",
    ),
    Changed("Service", "triton", "spec/ports/0/port", 8003),
    Changed("Service", "triton", "spec/selector", {"a": "b"}),
    Changed("Service", "train", "spec/clusterIP", "10.96.0.9", kept=True, replaced=True),
    Changed("HorizontalPodAutoscaler", "triton", "spec/maxReplicas", 5),
    Changed("PodDisruptionBudget", "triton", "spec/maxUnavailable", 2),
    Changed("NetworkPolicy", "allow-https", "spec/policyTypes", ["Egress", "Ingress"]),
    Changed("ResourceQuota", "quota", "spec/hard/pods", "9"),
    Changed("LimitRange", "limits", "spec/limits/0/default", {"memory": "2Gi"}),
    Changed("Secret", "isthmus-keys", "type", "kubernetes.io/basic-auth", kept=True, replaced=True),
    Changed(
        "Secret",
        "isthmus-keys",
        "stringData/SIGNING_KEY",
        "another",
        replaced=True,
    ),
    Changed("ServiceAccount", "triton", "automountServiceAccountToken", True),
)
IDS = [f"{each.kind} {each.path.rpartition('/')[2]}" for each in CHANGES]


def changed(change: Changed) -> dict[str, Any]:
    made = right(SITES, change.kind, change.name)
    place: Any = made
    *above, last = [int(part) if part.isdigit() else part for part in change.path.split("/")]
    for part in above:
        place = place[part]
    place[last] = change.value
    if change.kind == "Deployment" and last == "matchLabels":
        made["spec"]["template"]["metadata"]["labels"] |= change.value
    return made


@pytest.fixture(scope="module")
def standing(api: Api) -> Api:
    for site in SITES:
        for each in site.of("Namespace"):
            api.apply(each)
    for change in CHANGES:
        api.apply(right(SITES, change.kind, change.name))
    return api


@pytest.fixture(scope="module")
def plugin() -> KubernetesBackend:
    return KubernetesBackend(Home(Path("/nowhere")))


def resource(inputs: Mapping[str, Any]) -> Resource:
    version = inputs["apiVersion"] if "/" in inputs["apiVersion"] else f"core/{inputs['apiVersion']}"
    type = f"kubernetes:{version}:{inputs['kind']}"
    return Resource(f"urn:pulumi:s::p::{type}::x", type, "x", id="a/x", inputs=dict(inputs))


@pytest.mark.parametrize("change", CHANGES, ids=IDS)
def test_the_server_keeps_the_field_or_lets_it_change(standing: Api, change: Changed) -> None:
    if change.kept:
        with pytest.raises(ApiRefused, match=r"immutable|field is immutable|may not|Invalid value"):
            standing.apply(changed(change), dry_run=True)
    else:
        standing.apply(changed(change), dry_run=True)


@pytest.mark.parametrize("change", CHANGES, ids=IDS)
def test_the_plugin_replaces_it_or_asks_the_server(plugin: KubernetesBackend, change: Changed) -> None:
    before, after = right(SITES, change.kind, change.name), changed(change)
    found = plugin.diff(resource(before), resource(after))
    assert found.changed
    assert bool(found.replaces) == change.replaced
