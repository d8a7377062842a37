"""The pod of a front: one process without privilege, on its own address, that reads its files once.

Its rules alone it reads again by itself (``serving.front.guard``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_kubernetes as k8s

from isthmus.pod_parts import (
    SERVING_PRIORITY,
    aws_variables,
    container_security,
    pod_security,
    resources,
    role_variables,
    spread,
    token_mount,
    token_volume,
    variable_from_field,
)
from serving.components.pod import NAME as TRITON
from serving.server.ports import GRPC

NAME = "front"
LABELS = {"app.kubernetes.io/name": NAME, "app.kubernetes.io/component": NAME}
"""Of its pods; by the second Triton lets them in (``serving.components.network.FRONT``)."""
PORT = 8080
USER = 65532
CONFIG = "/etc/front"
SPOOL = "/var/spool/front"
_BEGUN_S = 15
"""For what was begun when the drain is over (``serving.front.run``)."""
_STORE_S = 15
"""For the last of the feedback (``serving.front.store.END_S``)."""

core = k8s.core.v1


@dataclass(frozen=True)
class Store:
    """Where fronts bring feedback, and by whose rights."""

    bucket: pulumi.Input[str]
    prefix: str
    """Ends in "/"."""
    region: str
    role_arn: pulumi.Input[str] | None = None
    """That a token of the pod takes; None where the cluster hands one out."""
    endpoint_url: str | None = None
    """Of a stand-in for AWS."""
    endpoints: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """Other addresses of AWS's services, by the variable that its libraries read."""

    @property
    def url(self) -> pulumi.Output[str]:
        """As the front is told it."""
        return pulumi.Output.concat("s3://", self.bucket, "/", self.prefix)

    def variables(self) -> list[k8s.core.v1.EnvVarArgs]:
        """By which AWS's libraries find it."""
        found = aws_variables(self.region, self.endpoint_url, self.endpoints)
        return found + (role_variables(self.role_arn, NAME) if self.role_arn is not None else [])


def front_pod(
    image: pulumi.Input[str], drain_s: float, keys: bool, store: Store | None = None
) -> k8s.core.v1.PodSpecArgs:
    """The pod.

    Args:
        image: of this project with ``serving.front``, pinned.
        drain_s: seconds that it answers on after it was told to end.
        keys: whether there is a file of API keys.
        store: of feedback; None where none is taken.
    """
    by_token = store is not None and store.role_arn is not None
    args: list[pulumi.Input[str]] = [
        "--settings",
        f"{CONFIG}/settings.yaml",
        "--host",
        "$(POD_IP)",
        "--triton",
        f"grpc://{TRITON}:{GRPC}",
        "--guard",
        f"{CONFIG}/rules.yaml",
        # Of the pod: it outlives a restart of the process.
        "--popular",
        "/tmp/popular.json",  # noqa: S108
        *(["--keys", f"{CONFIG}/keys.yaml"] if keys else []),
    ]
    if store is not None:
        args += ["--spool", SPOOL, "--store", store.url]

    def probe(path: str, period: int, failures: int) -> k8s.core.v1.ProbeArgs:
        return core.ProbeArgs(
            http_get=core.HTTPGetActionArgs(path=path, port="http"),
            period_seconds=period,
            timeout_seconds=2,
            failure_threshold=failures,
        )

    return core.PodSpecArgs(
        service_account_name=NAME,
        automount_service_account_token=False,
        enable_service_links=False,
        termination_grace_period_seconds=int(drain_s) + _BEGUN_S + 5 + (_STORE_S if store else 0),
        priority_class_name=SERVING_PRIORITY,
        security_context=pod_security(USER),
        containers=[
            core.ContainerArgs(
                name=NAME,
                image=image,
                command=["python", "-m", "serving.front"],
                args=args,
                env=[variable_from_field("POD_IP", "status.podIP"), *(store.variables() if store else [])],
                ports=[core.ContainerPortArgs(name="http", container_port=PORT)],
                startup_probe=probe("/livez", 2, 30),
                readiness_probe=probe("/readyz", 3, 2),
                liveness_probe=probe("/livez", 10, 6),
                volume_mounts=[
                    core.VolumeMountArgs(name="config", mount_path=CONFIG, read_only=True),
                    core.VolumeMountArgs(name="tmp", mount_path="/tmp"),  # noqa: S108
                    *([core.VolumeMountArgs(name="spool", mount_path=SPOOL)] if store else []),
                    *([token_mount()] if by_token else []),
                ],
                resources=resources("250m", "256Mi", "512Mi"),
                security_context=container_security(),
            )
        ],
        volumes=[
            core.VolumeArgs(name="config", config_map=core.ConfigMapVolumeSourceArgs(name=NAME)),
            core.VolumeArgs(name="tmp", empty_dir=core.EmptyDirVolumeSourceArgs(size_limit="128Mi")),
            # Larger than a spool grows (``SpoolSettings.most_bytes``), or a full one would evict the pod. It
            # outlives a restart of the process, not the pod: what the store has not got by then is lost.
            *(
                [core.VolumeArgs(name="spool", empty_dir=core.EmptyDirVolumeSourceArgs(size_limit="1200Mi"))]
                if store
                else []
            ),
            *([token_volume()] if by_token else []),
        ],
        topology_spread_constraints=spread(LABELS),
    )
