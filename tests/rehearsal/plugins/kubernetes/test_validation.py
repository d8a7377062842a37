"""What the API server refuses is refused by the preview, in a sentence that names the field."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from rehearsal.plugins.backend import UNKNOWN, Refused, UnknownType
from tests.rehearsal.plugins.kubernetes.conftest import Engine
from tests.rehearsal.plugins.kubernetes.test_waiting import deployment, job

pytestmark = pytest.mark.timeout(300)


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
        job("default"),
        f"{CONTAINER}/ports",
        [{"containerPort": "x"}],
        "containerPort",
    ),
    (
        "batch/v1:Job",
        job("default"),
        "spec/paralellism",
        2,
        'unknown field "spec.paralellism"',
    ),
    (
        "batch/v1:Job",
        job("default"),
        "spec/template/spec/restartPolicy",
        "Always",
        "spec.template.spec.restartPolicy: Required value",
    ),
    (
        "batch/v1:Job",
        job("default"),
        "spec/backoffLimitPerIndex",
        2,
        "spec.backoffLimitPerIndex: Invalid value: 2",
    ),
    (
        "batch/v1:Job",
        job("default"),
        "metadata/name",
        "Train_1",
        'metadata.name: Invalid value: "Train_1"',
    ),
    ("batch/v1:Job", job("default"), "metadata/name", "t" * 64, "must be no more than 63 bytes"),
    (
        "batch/v1:Job",
        job("default"),
        "metadata/labels",
        {"a": "b c"},
        'metadata.labels: Invalid value: "b c"',
    ),
    (
        "batch/v1:Job",
        job("default"),
        f"{CONTAINER}/resources",
        {"requests": {"cpu": "1x"}},
        "quantities must match the regular expression",
    ),
    (
        "batch/v1:Job",
        job("default"),
        f"{CONTAINER}/resources",
        {"requests": {"cpu": "2"}, "limits": {"cpu": "500m"}},
        "must be less than or equal to cpu limit of 500m",
    ),
    (
        "batch/v1:Job",
        job("default"),
        f"{CONTAINER}/resources",
        {"requests": {"nvidia.com/gpu": 1}},
        "Limit must be set for non overcommitable resources",
    ),
    (
        "batch/v1:Job",
        job("default"),
        f"{CONTAINER}/volumeMounts",
        [{"name": "v", "mountPath": "/v"}],
        'volumeMounts[0].name: Not found: "v"',
    ),
    (
        "batch/v1:Job",
        job("default"),
        f"{CONTAINER}/readinessProbe",
        {"httpGet": {"port": 0}},
        "readinessProbe.httpGet.port: Invalid value: 0",
    ),
    (
        "apps/v1:Deployment",
        deployment("default"),
        "spec/selector/matchLabels/app",
        "other",
        "`selector` does not match template `labels`",
    ),
    (
        "apps/v1:Deployment",
        deployment("default"),
        "spec/template/spec/restartPolicy",
        "Never",
        'supported values: "Always"',
    ),
    (
        "apps/v1:Deployment",
        deployment("default"),
        "spec/replicas",
        -1,
        "spec.replicas: Invalid value: -1",
    ),
    (
        "core/v1:Service",
        {"metadata": {"name": "s"}},
        "spec",
        {"ports": [{"port": 80}, {"port": 81}]},
        "spec.ports[0].name: Required value",
    ),
    (
        "core/v1:Service",
        {"metadata": {"name": "s"}},
        "spec",
        {"ports": [{"port": 70000}]},
        "spec.ports[0].port: Invalid value: 70000",
    ),
    (
        "core/v1:Service",
        {"metadata": {"name": "s"}},
        "spec",
        {"ports": [{"port": 70}], "type": "Any"},
        "spec.type: Unsup",
    ),
    ("core/v1:Secret", {"metadata": {"name": "s"}}, "data", {"k": "plain!"}, "illegal base64 data"),
    (
        "core/v1:Namespace",
        {"metadata": {}},
        "metadata/name",
        "a.b",
        "must not contain dots",
    ),
    (
        "autoscaling/v2:HorizontalPodAutoscaler",
        {"metadata": {"name": "h"}},
        "spec",
        {"scaleTargetRef": {"kind": "Deployment", "name": "web"}, "minReplicas": 3, "maxReplicas": 2},
        "spec.maxReplicas: Invalid value: 2",
    ),
]


@pytest.mark.parametrize(("type", "inputs", "path", "value", "sentence"), BAD)
def test_refused(
    engine: Engine, type: str, inputs: dict[str, Any], path: str, value: Any, sentence: str
) -> None:
    resource = engine.resource(type, changed(inputs, path, value))
    with pytest.raises(Refused) as refusal:
        engine.backend.preview(resource)
    assert sentence in str(refusal.value)


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


GOOD = {"batch/v1:Job": job("default"), "apps/v1:Deployment": deployment("default", replicas=2)}


@pytest.mark.parametrize(("type", "path"), [(type, path) for type in GOOD for path in leaves(GOOD[type])])
def test_whatever_a_preview_cannot_know_is_no_fault(engine: Engine, type: str, path: str) -> None:
    resource = engine.resource(type, changed(GOOD[type], path, UNKNOWN))
    engine.backend.preview(resource)


def test_a_type_without_a_row_is_named(engine: Engine) -> None:
    with pytest.raises(UnknownType, match="kubernetes:apps/v1:StatefulSet"):
        engine.resource("apps/v1:StatefulSet", {"metadata": {"name": "x"}})


def test_a_custom_resource_is_said_to_be_one_and_needs_its_definition(engine: Engine) -> None:
    pool = {"metadata": {"name": "gpus"}, "spec": {"anything": 1}}
    resource = engine.resource("example.org/v1:Pool", pool)
    assert "custom resource" in engine.backend.note(resource.type)
    assert engine.backend.preview(resource)["spec"] == {"anything": 1}, "its definition may come first"
