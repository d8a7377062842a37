"""The kinds that the plugin knows: adding one is adding a row.

A row says how a name of the kind must look, which fields pulumi-kubernetes replaces an object for
(``forceNew`` in provider/pkg/provider/diff.go, v4.32.0, 2026-11-28), and what of it is not real here. The
fields that the API server keeps (``rehearsal.cluster.kinds.IMMUTABLE``) are more: there an update is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from rehearsal.cluster.kinds import is_custom
from rehearsal.plugins.backend import UnknownType

SUBDOMAIN: Final = "subdomain"
"""Names of RFC 1123 subdomains: at most 253 characters, dots allowed."""
LABEL: Final = "label"
"""RFC 1123 labels: at most 63 characters, no dots."""
LABEL_1035: Final = "label that begins with a letter"
"""RFC 1035 labels, as Services have them."""
SEGMENT: Final = "path segment"
"""Anything without / and %, as RBAC objects have them."""

_NOT_ENFORCED = "recorded: nothing on this machine enforces it"
_NOT_RUN = "recorded: nothing on this machine runs it"


@dataclass(frozen=True)
class Kind:
    """What the plugin knows of one kind of object."""

    api_version: str
    kind: str
    name: str = SUBDOMAIN
    replaces: tuple[str, ...] = ()
    note: str = ""
    secret: frozenset[str] = frozenset()
    cluster_scoped: bool = False
    schema: bool = True
    """Whether the published schema of the pinned version has the kind."""
    apply: bool = True
    """Whether the object lies in the record as it is (a Release does not)."""

    @property
    def type(self) -> str:
        return f"kubernetes:{self.api_version}:{self.kind}"


def _rows() -> Iterable[Kind]:
    core, apps, batch, rbac = "core/v1", "apps/v1", "batch/v1", "rbac.authorization.k8s.io/v1"
    yield Kind(core, "Namespace", LABEL, cluster_scoped=True)
    yield Kind(core, "ServiceAccount")
    yield Kind(core, "Service", LABEL_1035, replaces=("spec.clusterIP",))
    yield Kind(core, "ConfigMap", replaces=("data", "binaryData"))
    yield Kind(
        core,
        "Secret",
        replaces=("data", "stringData", "type"),
        secret=frozenset({"data", "stringData"}),
    )
    yield Kind(core, "ResourceQuota", replaces=("spec.scopes",), note=_NOT_ENFORCED)
    yield Kind(core, "LimitRange", note=_NOT_ENFORCED)
    yield Kind(
        core,
        "PersistentVolumeClaim",
        replaces=("spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeName"),
        note="stands for a folder of this machine, of any size",
    )
    yield Kind(apps, "Deployment", replaces=("spec.selector",))
    yield Kind(apps, "DaemonSet", replaces=("spec.selector",), note=_NOT_RUN)
    yield Kind(
        batch,
        "Job",
        LABEL,
        replaces=("spec.completions", "spec.parallelism", "spec.selector", "spec.template"),
    )
    yield Kind(
        batch, "CronJob", LABEL, note="its times come while the node agent runs; see `isthmus trigger`"
    )
    yield Kind("networking.k8s.io/v1", "NetworkPolicy", note=_NOT_ENFORCED)
    yield Kind(rbac, "Role", SEGMENT, note=_NOT_ENFORCED)
    yield Kind(rbac, "RoleBinding", SEGMENT, ("roleRef",), note=_NOT_ENFORCED)
    yield Kind(rbac, "ClusterRole", SEGMENT, note=_NOT_ENFORCED, cluster_scoped=True)
    yield Kind(rbac, "ClusterRoleBinding", SEGMENT, ("roleRef",), note=_NOT_ENFORCED, cluster_scoped=True)
    yield Kind("policy/v1", "PodDisruptionBudget", note=_NOT_ENFORCED)
    yield Kind("autoscaling/v2", "HorizontalPodAutoscaler", note="recorded: nothing on this machine scales")
    yield Kind(
        "storage.k8s.io/v1",
        "StorageClass",
        replaces=("parameters", "provisioner"),
        note=_NOT_ENFORCED,
        cluster_scoped=True,
    )
    yield Kind(
        "helm.sh/v3",
        "Release",
        LABEL,
        replaces=("name", "namespace"),
        note="recorded: charts are not installed on this machine",
        schema=False,
        apply=False,
    )


ROWS: Final[dict[str, Kind]] = {row.type: row for row in _rows()}


def row_of(type: str) -> Kind:
    """The row of a type token; a custom resource gets one made for it. Raises UnknownType."""
    if type in ROWS:
        return ROWS[type]
    _, _, rest = type.partition(":")
    api_version, _, kind = rest.rpartition(":")
    if is_custom(api_version) and not api_version.startswith("helm.sh/") and "/" in api_version:
        note = "recorded: a custom resource, which no schema here checks and no controller sees"
        return Kind(api_version, kind, note=note, schema=False)
    raise UnknownType(f"the rehearsed Kubernetes has no row for the resource type {type}")


def wire_version(api_version: str) -> str:
    """``v1`` of ``core/v1``; the others are written alike on both sides."""
    return api_version.removeprefix("core/")


__all__ = ["LABEL", "LABEL_1035", "ROWS", "SEGMENT", "SUBDOMAIN", "Kind", "row_of", "wire_version"]
