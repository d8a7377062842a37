"""The pod of a Triton server: the init step that pulls and verifies a release, ``tritonserver`` and Envoy.

The same pod runs on both sites and in a rehearsal; only its inputs differ. It has no privilege, no root, no
writable image, and listens on its own address only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_kubernetes as k8s

from isthmus.pod_parts import (
    SERVING_PRIORITY,
    aws_variables,
    container_security,
    gpu_tolerations,
    pod_security,
    resources,
    role_variables,
    spread,
    token_mount,
    token_volume,
    variable,
    variable_from_field,
)
from serving.server.envoy_config import envoy_args
from serving.server.ports import INSIDE, METRICS, PORTS
from serving.server.triton_args import MODELS, REPOSITORY, triton_args

NAME = "triton"
USER = 1000
"""``triton-server`` in NVIDIA's images."""

core = k8s.core.v1


@dataclass(frozen=True)
class Timing:
    """Seconds in a pod's life, each with a reason."""

    start: int = 600
    """Until the server must be ready: on a new GPU, TensorRT builds its engines first."""
    unlisted: int = 5
    """Between leaving the Service and the signal to stop: no new question meets a server that goes."""
    finish: int = 30
    """For the questions that are being answered when the server must stop."""

    @property
    def grace(self) -> int:
        """Between the signal to stop and the kubelet's kill."""
        return self.unlisted + self.finish + 10


@dataclass(frozen=True)
class Resources:
    """What the server asks for, and the memory it may not exceed (GPU pods: on top of the GPUs)."""

    cpu: str = "500m"
    memory: str = "1Gi"
    memory_limit: str = "2Gi"
    shared_memory: str = "256Mi"
    """``/dev/shm``, through which Triton hands tensors to its Python models; part of the memory limit."""
    release: str = "2Gi"
    """Disk for a release and the repository made of it."""


@dataclass(frozen=True, kw_only=True)
class PodSpec:
    """Inputs of ``pod_spec``; see ``serving.components.triton.TritonService`` for each."""

    release: pulumi.Input[str]
    releases_bucket: pulumi.Input[str]
    trusted_keys: pulumi.Input[Sequence[pulumi.Input[str]]]
    triton_image: pulumi.Input[str]
    serving_image: pulumi.Input[str]
    envoy_image: pulumi.Input[str]
    region: pulumi.Input[str]
    endpoint_url: pulumi.Input[str] | None = None
    endpoints: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    role_arn: pulumi.Input[str] | None = None
    onnx_backend: str | None = None
    gpus: int = 0
    node_selector: Mapping[str, str] | None = None
    resources: Resources = field(default_factory=Resources)
    timing: Timing = field(default_factory=Timing)


def pod_spec(spec: PodSpec, selector: dict[str, str]) -> k8s.core.v1.PodSpecArgs:
    """The pod; ``selector`` are the labels by which its replicas are spread over zones and nodes."""
    return core.PodSpecArgs(
        service_account_name=NAME,
        automount_service_account_token=False,
        enable_service_links=False,
        termination_grace_period_seconds=spec.timing.grace,
        priority_class_name=SERVING_PRIORITY,
        security_context=pod_security(USER),
        init_containers=[_pull(spec), _envoy(spec)],
        containers=[_triton(spec)],
        volumes=_volumes(spec),
        node_selector=dict(spec.node_selector) if spec.node_selector else None,
        tolerations=gpu_tolerations(spec.gpus),
        topology_spread_constraints=spread(selector),
    )


def store_variables(spec: PodSpec) -> list[k8s.core.v1.EnvVarArgs]:
    """By which a container finds the releases and knows whom to believe, without what it may do there."""
    keys = pulumi.Output.from_input(spec.trusted_keys).apply(lambda keys: ",".join(map(str, keys)))
    return [
        variable("RELEASES_BUCKET", spec.releases_bucket),
        variable("TRUSTED_KEYS", keys),
        *aws_variables(spec.region, spec.endpoint_url, spec.endpoints),
    ]


def token_parts(
    spec: PodSpec,
) -> tuple[list[k8s.core.v1.EnvVarArgs], list[k8s.core.v1.VolumeMountArgs], list[k8s.core.v1.VolumeArgs]]:
    """Variables, mounts and volumes by which a pod takes its role, where its cluster gives it none."""
    if spec.role_arn is None:
        return [], [], []
    return role_variables(spec.role_arn, NAME), [token_mount()], [token_volume()]


def _pull(spec: PodSpec) -> k8s.core.v1.ContainerArgs:
    env = [
        variable("RELEASE", spec.release),
        *store_variables(spec),
        variable("MODEL_REPOSITORY", REPOSITORY),
        variable("GPUS", str(spec.gpus)),
    ]
    if spec.onnx_backend:
        env.append(variable("ONNX_BACKEND", spec.onnx_backend))
    role, token, _ = token_parts(spec)
    env += role
    mounts = [_mount("models", MODELS), _mount("tmp", "/tmp"), *token]  # noqa: S108
    return core.ContainerArgs(
        name="pull",
        image=spec.serving_image,
        command=["python", "-m", "serving.pull"],
        env=env,
        volume_mounts=mounts,
        resources=resources("250m", "512Mi", spec.resources.memory_limit),
        security_context=container_security(),
    )


def _envoy(spec: PodSpec) -> k8s.core.v1.ContainerArgs:
    """A sidecar, so that it outlives Triton: what was begun is answered through it."""
    return core.ContainerArgs(
        name="envoy",
        image=spec.envoy_image,
        restart_policy="Always",
        command=["envoy"],
        args=envoy_args(),
        env=[variable_from_field("POD_IP", "status.podIP")],
        ports=[
            core.ContainerPortArgs(name=kind, container_port=PORTS[kind])
            for kind in ("http", "grpc", "proxy-metrics")
        ],
        # No startup probe: Triton is started after this has passed one, and it asks Triton.
        readiness_probe=_probe("ready", "http", period=3, failures=2),
        liveness_probe=core.ProbeArgs(
            tcp_socket=core.TCPSocketActionArgs(port="http"),
            period_seconds=10,
            timeout_seconds=2,
            failure_threshold=6,
        ),
        resources=resources("100m", "128Mi", "512Mi"),
        security_context=container_security(),
    )


def _triton(spec: PodSpec) -> k8s.core.v1.ContainerArgs:
    asked = spec.resources
    return core.ContainerArgs(
        name="triton",
        image=spec.triton_image,
        command=["tritonserver"],
        args=triton_args(gpus=spec.gpus, finish_s=spec.timing.finish),
        env=[
            variable("HOME", "/tmp"),  # noqa: S108
            variable_from_field("POD_IP", "status.podIP"),
            variable_from_field("POD_NAME", "metadata.name"),
        ],
        ports=[
            core.ContainerPortArgs(name="http-inside", container_port=INSIDE["http"]),
            core.ContainerPortArgs(name="grpc-inside", container_port=INSIDE["grpc"]),
            core.ContainerPortArgs(name="metrics", container_port=METRICS),
        ],
        startup_probe=_probe("ready", "http-inside", period=2, failures=-(-spec.timing.start // 2)),
        readiness_probe=_probe("ready", "http-inside", period=3, failures=2),
        liveness_probe=_probe("live", "http-inside", period=10, failures=6),
        lifecycle=core.LifecycleArgs(
            pre_stop=core.LifecycleHandlerArgs(sleep=core.SleepActionArgs(seconds=spec.timing.unlisted))
        ),
        volume_mounts=[
            _mount("models", MODELS, read_only=True),
            _mount("tmp", "/tmp"),  # noqa: S108
            _mount("shm", "/dev/shm"),  # noqa: S108
        ],
        resources=resources(asked.cpu, asked.memory, asked.memory_limit, spec.gpus),
        security_context=container_security(),
    )


def _volumes(spec: PodSpec) -> list[k8s.core.v1.VolumeArgs]:
    def empty(name: str, size: str, medium: str | None = None) -> k8s.core.v1.VolumeArgs:
        return core.VolumeArgs(
            name=name, empty_dir=core.EmptyDirVolumeSourceArgs(size_limit=size, medium=medium)
        )

    return [
        empty("models", spec.resources.release),
        empty("tmp", "2Gi"),
        empty("shm", spec.resources.shared_memory, "Memory"),
        *token_parts(spec)[2],
    ]


def _probe(path: str, port: str, *, period: int, failures: int) -> k8s.core.v1.ProbeArgs:
    return core.ProbeArgs(
        http_get=core.HTTPGetActionArgs(path=f"/v2/health/{path}", port=port),
        period_seconds=period,
        timeout_seconds=2,
        failure_threshold=failures,
    )


def _mount(name: str, path: str, read_only: bool | None = None) -> k8s.core.v1.VolumeMountArgs:
    return core.VolumeMountArgs(name=name, mount_path=path, read_only=read_only)
