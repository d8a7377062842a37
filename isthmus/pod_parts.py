"""Parts of a pod that jobs and servers share; only Pulumi components import this module."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

GPU_RESOURCE = "nvidia.com/gpu"
POOL_LABEL = "isthmus.dev/pool"
"""The label of a pool's nodes that a pod selects."""
SERVING_PRIORITY, TRAINING_PRIORITY = "isthmus-serving", "isthmus-training"
"""Priority classes of the estate's pods (``infra.cluster_platform.priorities``)."""
TOKEN_FOLDER = "/var/run/secrets/isthmus"  # noqa: S105

core = k8s.core.v1


def value_alone(value: pulumi.Output[str]) -> pulumi.Output[str]:
    """The same value, known as late, without the resources that it comes from.

    What takes it is not deleted when one of those is made again.
    """
    known: Any = value.future(with_unknowns=True)
    return pulumi.Output(set(), known, value.is_known(), value.is_secret())


def mebibytes(mib: int) -> str:
    """A size as the API server keeps it, in the largest unit of which it is a whole number: 3Gi, not 3072Mi.

    Written otherwise it would come back changed, and every refresh show it as drift (kubernetes/apimachinery,
    pkg/api/resource/quantity.go, ``CanonicalizeBytes``, read 2026-11-29).
    """
    return _largest(mib, 1024, ["Mi", "Gi", "Ti", "Pi", "Ei"])


def amount(count: int) -> str:
    """A number as the API server keeps it: 2k, not 2000; see ``mebibytes``."""
    return _largest(count, 1000, ["", "k", "M", "G", "T"])


def _largest(count: int, step: int, units: list[str]) -> str:
    unit = 0
    while count and count % step == 0 and unit + 1 < len(units):
        count, unit = count // step, unit + 1
    return f"{count}{units[unit]}" if count else "0"


def variable(name: str, value: pulumi.Input[str]) -> k8s.core.v1.EnvVarArgs:
    """A plain variable of a container."""
    return core.EnvVarArgs(name=name, value=value)


def variable_from_field(name: str, path: str) -> k8s.core.v1.EnvVarArgs:
    """A variable that tells a field of the pod, such as metadata.name."""
    source = core.EnvVarSourceArgs(field_ref=core.ObjectFieldSelectorArgs(field_path=path))
    return core.EnvVarArgs(name=name, value_from=source)


def pod_security(user: int) -> k8s.core.v1.PodSecurityContextArgs:
    """A pod that runs as one user, who is not root."""
    return core.PodSecurityContextArgs(
        run_as_non_root=True,
        run_as_user=user,
        run_as_group=user,
        fs_group=user,
        seccomp_profile=core.SeccompProfileArgs(type="RuntimeDefault"),
    )


def container_security() -> k8s.core.v1.SecurityContextArgs:
    """A container without any privilege, whose image it cannot write to."""
    return core.SecurityContextArgs(
        allow_privilege_escalation=False,
        privileged=False,
        read_only_root_filesystem=True,
        run_as_non_root=True,
        capabilities=core.CapabilitiesArgs(drop=["ALL"]),
        seccomp_profile=core.SeccompProfileArgs(type="RuntimeDefault"),
    )


def aws_variables(
    region: pulumi.Input[str],
    endpoint_url: pulumi.Input[str] | None,
    endpoints: Mapping[str, pulumi.Input[str]],
) -> list[k8s.core.v1.EnvVarArgs]:
    """The variables by which AWS's libraries find its services.

    Args:
        region: of the services.
        endpoint_url: of a stand-in for AWS; None for AWS itself.
        endpoints: other addresses of single services, by the variable that its libraries read.
    """
    # Which of the two is read depends on the SDK.
    found = [variable("AWS_REGION", region), variable("AWS_DEFAULT_REGION", region)]
    if endpoint_url is not None:
        found.append(variable("AWS_ENDPOINT_URL", endpoint_url))
    return found + [variable(name, url) for name, url in endpoints.items()]


def role_variables(role_arn: pulumi.Input[str], session: str) -> list[k8s.core.v1.EnvVarArgs]:
    """The variables by which AWS's libraries take a role for the token of ``token_volume``."""
    return [
        variable("AWS_ROLE_ARN", role_arn),
        variable("AWS_ROLE_SESSION_NAME", session),
        variable("AWS_WEB_IDENTITY_TOKEN_FILE", f"{TOKEN_FOLDER}/token"),
    ]


def token_mount() -> k8s.core.v1.VolumeMountArgs:
    """Where a container finds the token."""
    return core.VolumeMountArgs(name="aws-token", mount_path=TOKEN_FOLDER, read_only=True)


def token_volume() -> k8s.core.v1.VolumeArgs:
    """A token of the pod's service account for AWS's token service, renewed by the kubelet."""
    token = core.ServiceAccountTokenProjectionArgs(
        audience="sts.amazonaws.com", expiration_seconds=3600, path="token"
    )
    return core.VolumeArgs(
        name="aws-token",
        projected=core.ProjectedVolumeSourceArgs(
            sources=[core.VolumeProjectionArgs(service_account_token=token)]
        ),
    )


def gpu_tolerations(gpus: int) -> list[k8s.core.v1.TolerationArgs] | None:
    """Let a pod with GPUs onto the nodes that have some; nothing else may take their place."""
    if not gpus:
        return None
    return [core.TolerationArgs(key=GPU_RESOURCE, operator="Exists", effect="NoSchedule")]


def spread(labels: Mapping[str, str]) -> list[k8s.core.v1.TopologySpreadConstraintArgs]:
    """Keep the pods of these labels apart, by zone and by node, as far as that goes."""
    return [
        core.TopologySpreadConstraintArgs(
            max_skew=1,
            topology_key=key,
            # A lost zone must not keep the rest from growing.
            when_unsatisfiable="ScheduleAnyway",
            label_selector=k8s.meta.v1.LabelSelectorArgs(match_labels=dict(labels)),
        )
        for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
    ]


def resources(
    cpu: str, memory: str, memory_limit: str, gpus: int = 0
) -> k8s.core.v1.ResourceRequirementsArgs:
    """What a container asks for, and the memory it may not exceed."""
    # Extended resources are not overcommitted: request and limit are the same.
    extended = {GPU_RESOURCE: str(gpus)} if gpus else {}
    return core.ResourceRequirementsArgs(
        requests={"cpu": cpu, "memory": memory, **extended}, limits={"memory": memory_limit, **extended}
    )
