"""The kinds that the plugin knows: adding one is adding a row.

A row says which fields pulumi-kubernetes replaces an object for (``forceNew``, provider/pkg/provider/diff.go,
v4.32.0, 2026-11-28), and what of it is not real here. The fields that the API server keeps are more: there an
update is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from rehearsal.cluster.kinds import is_custom
from rehearsal.plugins.backend import UnknownType

RELEASE: Final = "helm.sh/v3:Release"
"""A chart as the plugin knows it; any other way of installing one it does not know."""
RELEASE_NOTE: Final = "recorded with its values; only the definitions of its kinds are there"
_CHARTS: Final = "helm.sh/"


@dataclass(frozen=True)
class Kind:
    """What the plugin knows of one kind of object."""

    api_version: str
    kind: str
    replaces: tuple[str, ...] = ()
    note: str = ""
    """What of it this machine does otherwise."""
    secret: frozenset[str] = frozenset()
    namespaced: bool = True
    """Whether an object that names no namespace gets the provider's."""

    @property
    def type(self) -> str:
        return f"kubernetes:{self.api_version}:{self.kind}"


def _rows() -> Iterable[Kind]:
    core, apps, batch, rbac = "core/v1", "apps/v1", "batch/v1", "rbac.authorization.k8s.io/v1"
    yield Kind(core, "Namespace", namespaced=False)
    yield Kind(core, "ServiceAccount")
    yield Kind(core, "Service", replaces=("spec.clusterIP",))
    yield Kind(core, "ConfigMap", replaces=("data", "binaryData"))
    yield Kind(
        core,
        "Secret",
        replaces=("data", "stringData", "type"),
        secret=frozenset({"data", "stringData"}),
    )
    yield Kind(core, "ResourceQuota", replaces=("spec.scopes",))
    yield Kind(core, "LimitRange")
    yield Kind(
        core,
        "PersistentVolumeClaim",
        replaces=("spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeName"),
        note="stands for a folder of this machine, of any size",
    )
    yield Kind(apps, "Deployment", replaces=("spec.selector",))
    yield Kind(apps, "DaemonSet", replaces=("spec.selector",))
    yield Kind(
        batch,
        "Job",
        replaces=("spec.completions", "spec.parallelism", "spec.selector", "spec.template"),
    )
    yield Kind(batch, "CronJob")
    yield Kind("networking.k8s.io/v1", "NetworkPolicy", note="kept: no network here enforces it")
    yield Kind(rbac, "Role")
    yield Kind(rbac, "RoleBinding", replaces=("roleRef",))
    yield Kind(rbac, "ClusterRole", namespaced=False)
    yield Kind(rbac, "ClusterRoleBinding", replaces=("roleRef",), namespaced=False)
    yield Kind("policy/v1", "PodDisruptionBudget")
    yield Kind("autoscaling/v2", "HorizontalPodAutoscaler")
    yield Kind("scheduling.k8s.io/v1", "PriorityClass", namespaced=False)
    yield Kind(
        "storage.k8s.io/v1",
        "StorageClass",
        replaces=("parameters", "provisioner"),
        note="its volumes are folders of this machine",
        namespaced=False,
    )


ROWS: Final[dict[str, Kind]] = {row.type: row for row in _rows()}


def row_of(type: str) -> Kind:
    """The row of a type token; a custom resource gets one made for it. Raises UnknownType."""
    if type in ROWS:
        return ROWS[type]
    _, _, rest = type.partition(":")
    api_version, _, kind = rest.rpartition(":")
    if api_version.startswith(_CHARTS):
        raise UnknownType(f"of charts the rehearsed Kubernetes knows {RELEASE} alone, and no {kind}")
    if is_custom(api_version) and "/" in api_version:
        # Whether it is of a namespace, its definition in the cluster alone knows.
        return Kind(api_version, kind, namespaced=False, note="a custom resource: no controller here sees it")
    raise UnknownType(f"the rehearsed Kubernetes has no row for the resource type {type}")


def wire_version(api_version: str) -> str:
    """``v1`` of ``core/v1``; the others are written alike on both sides."""
    return api_version.removeprefix("core/")


__all__ = ["ROWS", "Kind", "row_of", "wire_version"]
