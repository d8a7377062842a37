"""``TritonService`` with a canary: a Rollout in the Deployment's place, and what judges it."""

from __future__ import annotations

import json
from typing import Any, NoReturn

import pytest
from pulumi.runtime import mocks

from serving.compare import CompareConfig
from serving.components.canary import Canary
from tests import mocked_program

RELEASE = "sha256:" + "ab" * 32
CANARY = Canary(
    steps=[(20, 60), (50, 300)],
    most_failed=0.02,
    most_p99_ms=150,
    least_overlap=0.4,
    customers=300,
    prometheus_url="http://prometheus:9090",
)
Objects = dict[tuple[str, str], dict[str, Any]]


class Recorder(mocks.Mocks):
    def __init__(self) -> None:
        self.objects: Objects = {}

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        if args.typ.startswith("kubernetes:"):
            kind = args.typ.rsplit(":", 1)[1]
            self.objects[kind, args.inputs["metadata"]["name"]] = args.inputs
        return f"{args.name}-id", dict(args.inputs)

    def call(self, args: mocks.MockCallArgs) -> NoReturn:
        raise AssertionError(f"no data source is needed, but {args.token} was called")


def declared(canary: Canary | None = CANARY, **changes: Any) -> Objects:
    recorder = Recorder()
    from serving.components.triton import TritonService

    def program() -> None:
        TritonService(
            "serving",
            canary=canary,
            **{
                "namespace": "serving",
                "release": RELEASE,
                "releases_bucket": "releases",
                "trusted_keys": ["KEY1", "KEY2"],
                "triton_image": "nvcr.io/nvidia/tritonserver:1@sha256:x",
                "serving_image": "isthmus/serving:1",
                "envoy_image": "envoyproxy/envoy:1",
                "region": "eu-west-1",
                **changes,
            },
        )

    mocked_program.run(recorder, program)
    return recorder.objects


@pytest.fixture(scope="module")
def objects() -> Objects:
    return declared(replicas_min=2, replicas_max=6)


@pytest.fixture(scope="module")
def rollout(objects: Objects) -> dict[str, Any]:
    return objects["Rollout", "triton"]


def test_it_takes_the_place_of_the_deployment_with_the_same_pods(
    objects: Objects, rollout: dict[str, Any]
) -> None:
    rolling = declared(None, replicas_min=2, replicas_max=6)
    assert ("Deployment", "triton") not in objects
    assert not [name for name in rolling if name[0] in ("Rollout", "AnalysisTemplate")]
    deployment = rolling["Deployment", "triton"]
    assert rollout["spec"]["template"] == deployment["spec"]["template"]
    assert rollout["spec"]["selector"] == deployment["spec"]["selector"]
    # So that both stand behind it on the way from one to the other.
    assert objects["Service", "triton"] == rolling["Service", "triton"]
    assert objects["PodDisruptionBudget", "triton"] == rolling["PodDisruptionBudget", "triton"]


def test_an_up_waits_for_a_new_one_and_not_for_a_canary(rollout: dict[str, Any]) -> None:
    assert rollout["metadata"]["annotations"]["pulumi.com/waitFor"] == "condition=Available"
    assert rollout["spec"]["progressDeadlineAbort"] is True


def test_an_autoscaler_scales_it(objects: Objects, rollout: dict[str, Any]) -> None:
    target = objects["HorizontalPodAutoscaler", "triton"]["spec"]["scaleTargetRef"]
    assert target == {key: rollout[key] for key in ("apiVersion", "kind")} | {"name": "triton"}
    assert "replicas" not in rollout["spec"]
    fixed = declared(replicas_min=3, replicas_max=3)["Rollout", "triton"]
    assert fixed["spec"]["replicas"] == 3
    assert fixed["metadata"]["annotations"]["pulumi.com/patchForce"] == "true"


def test_it_is_compared_at_its_first_step_and_measured_from_its_first_server(
    rollout: dict[str, Any],
) -> None:
    canary = rollout["spec"]["strategy"]["canary"]
    assert (canary["maxSurge"], canary["maxUnavailable"]) == (1, 0)
    kinds = [next(iter(step)) for step in canary["steps"]]
    assert kinds == ["setWeight", "analysis", "pause", "setWeight", "pause"]
    assert [step["setWeight"] for step in canary["steps"] if "setWeight" in step] == [20, 50]
    assert [step["pause"]["duration"] for step in canary["steps"] if "pause" in step] == ["60s", "300s"]
    assert "startingStep" not in canary["analysis"]


def test_what_it_names_is_declared_before_it(objects: Objects, rollout: dict[str, Any]) -> None:
    canary = rollout["spec"]["strategy"]["canary"]
    for service in ("stableService", "canaryService"):
        assert objects["Service", canary[service]]["spec"]["ports"][0]["targetPort"] == "grpc"
    used = [canary["analysis"], *(step["analysis"] for step in canary["steps"] if "analysis" in step)]
    for analysis in used:
        for named in analysis["templates"]:
            template = objects["AnalysisTemplate", named["templateName"]]["spec"]
            required = {each["name"] for each in template["args"] if "value" not in each}
            assert required == {each["name"] for each in analysis["args"]}


def test_measures_look_at_the_canary_alone_and_keep_the_limits(objects: Objects) -> None:
    metrics = objects["AnalysisTemplate", "triton-measured"]["spec"]["metrics"]
    limits = {each["name"]: each["successCondition"].rpartition("<= ")[2] for each in metrics}
    assert limits == {"failed": "0.02", "slow": "150", "restarts": "0"}
    for each in metrics:
        assert each["provider"]["prometheus"]["address"] == "http://prometheus:9090"
        assert "{{args.canary}}" in each["provider"]["prometheus"]["query"]
        assert "count" not in each  # until the canary is promoted


def test_the_comparison_gets_what_it_reads_and_is_no_server(objects: Objects) -> None:
    (metric,) = objects["AnalysisTemplate", "triton-compared"]["spec"]["metrics"]
    template = metric["provider"]["job"]["spec"]["template"]
    (container,) = template["spec"]["containers"]
    variables = {each["name"]: each.get("value", "") for each in container["env"]}
    assert container["command"] == ["python", "-m", "serving.compare"]
    assert variables["RELEASE"] == "{{args.release}}"
    config = CompareConfig.of({**variables, "RELEASE": RELEASE})
    assert (config.least_overlap, config.customers, config.trusted_keys) == (0.4, 300, ("KEY1", "KEY2"))
    assert (config.stable, config.canary) == ("grpc://triton-stable:8001", "grpc://triton-canary:8001")
    selector = objects["Service", "triton"]["spec"]["selector"]
    labels = template["metadata"]["labels"]
    assert not selector.items() <= labels.items()
    out = objects["NetworkPolicy", "triton-comparison"]["spec"]
    assert out["podSelector"]["matchLabels"].items() <= labels.items()
    into = objects["NetworkPolicy", "triton-from-comparison"]["spec"]
    assert into["ingress"][0]["from"][0]["podSelector"]["matchLabels"].items() <= labels.items()
    assert out["egress"][0]["to"][0]["podSelector"]["matchLabels"] == selector


def test_the_comparison_takes_its_role_as_the_servers_do() -> None:
    private = declared(role_arn="arn:aws:iam::123456789012:role/serving")
    (metric,) = private["AnalysisTemplate", "triton-compared"]["spec"]["metrics"]
    spec = metric["provider"]["job"]["spec"]["template"]["spec"]
    assert "aws-token" in json.dumps(spec["volumes"])
    (container,) = spec["containers"]
    assert "AWS_ROLE_ARN" in {each["name"] for each in container["env"]}
