"""The pod of a front: one process without privilege, on its own address, that reads its files once.

Its rules alone it reads again by itself (``serving.front.guard``).
"""

from __future__ import annotations

import pulumi
import pulumi_kubernetes as k8s

from isthmus.pod_parts import (
    SERVING_PRIORITY,
    container_security,
    pod_security,
    resources,
    spread,
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
_BEGUN_S = 15
"""For what was begun when the drain is over (``serving.front.run``)."""

core = k8s.core.v1


def front_pod(image: pulumi.Input[str], drain_s: float, keys: bool) -> k8s.core.v1.PodSpecArgs:
    """The pod.

    Args:
        image: of this project with ``serving.front``, pinned.
        drain_s: seconds that it answers on after it was told to end.
        keys: whether there is a file of API keys.
    """

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
        termination_grace_period_seconds=int(drain_s) + _BEGUN_S + 5,
        priority_class_name=SERVING_PRIORITY,
        security_context=pod_security(USER),
        containers=[
            core.ContainerArgs(
                name=NAME,
                image=image,
                command=["python", "-m", "serving.front"],
                args=[
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
                ],
                env=[variable_from_field("POD_IP", "status.podIP")],
                ports=[core.ContainerPortArgs(name="http", container_port=PORT)],
                startup_probe=probe("/livez", 2, 30),
                readiness_probe=probe("/readyz", 3, 2),
                liveness_probe=probe("/livez", 10, 6),
                volume_mounts=[
                    core.VolumeMountArgs(name="config", mount_path=CONFIG, read_only=True),
                    core.VolumeMountArgs(name="tmp", mount_path="/tmp"),  # noqa: S108
                ],
                resources=resources("250m", "256Mi", "512Mi"),
                security_context=container_security(),
            )
        ],
        volumes=[
            core.VolumeArgs(name="config", config_map=core.ConfigMapVolumeSourceArgs(name=NAME)),
            core.VolumeArgs(name="tmp", empty_dir=core.EmptyDirVolumeSourceArgs(size_limit="128Mi")),
        ],
        topology_spread_constraints=spread(LABELS),
    )
