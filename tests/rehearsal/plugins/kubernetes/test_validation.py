"""What the API server would refuse is refused first, in one sentence that names the field."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.home import Home
from rehearsal.plugins.backend import UNKNOWN, Refused, UnknownType
from rehearsal.plugins.kubernetes.names import amount
from tests.rehearsal.plugins.kubernetes.conftest import Engine, deployment, job

NOWHERE = Engine(Home(Path("/nowhere")))


def changed(inputs: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    made: Any = copy.deepcopy(inputs)
    place = made
    *above, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    for part in above:
        place = place[part]
    place[last] = value
    return made


CONTAINER = "spec/template/spec/containers/0"
BAD = [
    (
        "batch/v1:Job",
        job(),
        f"{CONTAINER}/ports",
        [{"containerPort": "x"}],
        "ports[0].containerPort: 'x' is not of type integer",
    ),
    (
        "batch/v1:Job",
        job(),
        "spec/paralellism",
        2,
        "spec: paralellism is not a field of the API; did you mean parallelism?",
    ),
    (
        "batch/v1:Job",
        job(),
        "spec/template/spec/restartPolicy",
        "Always",
        "restartPolicy: Always is not allowed here",
    ),
    (
        "batch/v1:Job",
        job(),
        "spec/completionMode",
        "Indexed",
        "spec.completions: is required when completionMode is Indexed",
    ),
    (
        "batch/v1:Job",
        job(),
        "metadata/name",
        "Train_1",
        "metadata.name: 'Train_1' must consist of lower-case",
    ),
    ("batch/v1:Job", job(), "metadata/name", "t" * 64, "at most 63"),
    ("batch/v1:Job", job(), "metadata/labels", {"a": "b c"}, "metadata.labels.a: 'b c' must be at most 63"),
    (
        "batch/v1:Job",
        job(),
        f"{CONTAINER}/resources",
        {"requests": {"cpu": "1x"}},
        "requests.cpu: '1x' is no quantity",
    ),
    (
        "batch/v1:Job",
        job(),
        f"{CONTAINER}/resources",
        {"requests": {"cpu": "2"}, "limits": {"cpu": "500m"}},
        "must not exceed its limit of 500m",
    ),
    (
        "batch/v1:Job",
        job(),
        f"{CONTAINER}/resources",
        {"requests": {"nvidia.com/gpu": 1}},
        "nvidia.com/gpu must have a limit",
    ),
    (
        "batch/v1:Job",
        job(),
        f"{CONTAINER}/volumeMounts",
        [{"name": "v", "mountPath": "/v"}],
        "volumeMounts[0].name: v is no volume of the pod",
    ),
    (
        "batch/v1:Job",
        job(),
        f"{CONTAINER}/readinessProbe",
        {"httpGet": {"port": "http"}},
        "http is no port of the container",
    ),
    (
        "apps/v1:Deployment",
        deployment(),
        "spec/selector/matchLabels/app",
        "other",
        "app=other is not among the labels of spec.template",
    ),
    ("apps/v1:Deployment", deployment(), "spec/template/spec/restartPolicy", "Never", "choose Always"),
    ("apps/v1:Deployment", deployment(), "spec/replicas", -1, "spec.replicas: -1 must not be negative"),
    (
        "core/v1:Service",
        {"metadata": {"name": "s"}},
        "spec",
        {"ports": [{"port": 80}, {"port": 81}]},
        "spec.ports[0].name: is required",
    ),
    (
        "core/v1:Service",
        {"metadata": {"name": "s"}},
        "spec",
        {"ports": [{"port": 70000}]},
        "70000 must be from 1 to 65535",
    ),
    ("core/v1:Service", {"metadata": {"name": "1s"}}, "spec", {"ports": [{"port": 70}]}, "a letter first"),
    ("core/v1:Secret", {"metadata": {"name": "s"}}, "data", {"k": "plain!"}, "data.k: is not base64"),
    (
        "core/v1:Namespace",
        {"metadata": {}},
        "metadata/name",
        "a.b",
        "must consist of lower-case letters, digits and -",
    ),
    (
        "autoscaling/v2:HorizontalPodAutoscaler",
        {"metadata": {"name": "h"}},
        "spec",
        {"scaleTargetRef": {"kind": "Deployment", "name": "web"}, "minReplicas": 3, "maxReplicas": 2},
        "spec.maxReplicas: 2 must not be below",
    ),
    ("helm.sh/v3:Release", {"name": "keda", "chart": "keda"}, "namespace", "keda", "must pin its version"),
]


@pytest.mark.parametrize(("type", "inputs", "path", "value", "sentence"), BAD)
def test_refused(type: str, inputs: dict[str, Any], path: str, value: Any, sentence: str) -> None:
    with pytest.raises(Refused) as refusal:
        NOWHERE.resource(type, changed(inputs, path, value))
    assert sentence in str(refusal.value)
    assert "\n" not in str(refusal.value)


def leaves(value: Any, path: str = "") -> list[str]:
    if isinstance(value, dict):
        inside = [leaf for key, one in value.items() for leaf in leaves(one, f"{path}/{key}")]
        return [*([path.lstrip("/")] if path else []), *inside]
    if isinstance(value, list):
        return [
            path.lstrip("/"),
            *(leaf for i, one in enumerate(value) for leaf in leaves(one, f"{path}/{i}")),
        ]
    return [path.lstrip("/")]


GOOD = {"batch/v1:Job": job(), "apps/v1:Deployment": deployment(replicas=2)}


@pytest.mark.parametrize(("type", "path"), [(type, path) for type in GOOD for path in leaves(GOOD[type])])
def test_whatever_a_preview_cannot_know_is_no_fault(type: str, path: str) -> None:
    resource = NOWHERE.resource(type, changed(GOOD[type], path, UNKNOWN))
    NOWHERE.backend.preview(resource)


def test_a_type_without_a_row_is_named() -> None:
    with pytest.raises(UnknownType, match="kubernetes:apps/v1:StatefulSet"):
        NOWHERE.resource("apps/v1:StatefulSet", {"metadata": {"name": "x"}})


def test_a_custom_resource_is_recorded_and_said_to_be() -> None:
    NOWHERE.resource("karpenter.sh/v1:NodePool", {"metadata": {"name": "gpus"}, "spec": {"anything": 1}})
    assert "custom resource" in NOWHERE.backend.note("kubernetes:karpenter.sh/v1:NodePool")


@given(st.integers(0, 10**6), st.sampled_from(["m", "", "k", "Ki", "Mi", "Gi"]))
def test_quantities_grow_with_their_number(number: int, suffix: str) -> None:
    one, more = amount(f"{number}{suffix}"), amount(f"{number + 1}{suffix}")
    assert one is not None
    assert more is not None
    assert one < more
