"""Where kinds of objects belong, and which of their fields the API server never changes."""

from __future__ import annotations

from typing import Final

CLUSTER_SCOPED: Final = frozenset(
    {
        "ClusterRole",
        "ClusterRoleBinding",
        "CustomResourceDefinition",
        "IngressClass",
        "Namespace",
        "PersistentVolume",
        "PriorityClass",
        "RuntimeClass",
        "StorageClass",
    }
)

RUN_HERE: Final = frozenset({"Deployment", "Job", "Pod"})
"""Kinds with processes, which the node agent ends before the object goes."""

NAMESPACES: Final = ("default", "kube-node-lease", "kube-public", "kube-system")
"""Namespaces that every cluster has from the start."""

IMMUTABLE: Final[dict[str, tuple[str, ...]]] = {
    "ClusterRoleBinding": ("roleRef",),
    "DaemonSet": ("spec.selector",),
    "Deployment": ("spec.selector",),
    "Job": (
        "spec.backoffLimitPerIndex",
        "spec.completionMode",
        "spec.completions",
        "spec.managedBy",
        "spec.podFailurePolicy",
        "spec.selector",
        "spec.successPolicy",
        "spec.template",
    ),
    "PersistentVolumeClaim": (
        "spec.accessModes",
        "spec.selector",
        "spec.storageClassName",
        "spec.volumeMode",
        "spec.volumeName",
    ),
    "RoleBinding": ("roleRef",),
    "Secret": ("type",),
    "Service": ("spec.clusterIP",),
    "StorageClass": ("parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"),
}
"""Fields that an update must not change (validation in k8s.io/kubernetes, pkg/apis/*/validation)."""


def group(api_version: str) -> str:
    """``batch`` of ``batch/v1``, "" of ``v1``."""
    return api_version.rpartition("/")[0]


def is_custom(api_version: str) -> bool:
    """Whether the group belongs to no kind of Kubernetes' own."""
    name = group(api_version)
    return "." in name and not name.endswith(".k8s.io")


def noun(api_version: str, kind: str) -> str:
    """A kind's name in the record: with its group where it is a custom resource."""
    return f"{kind}.{group(api_version)}" if is_custom(api_version) else kind
