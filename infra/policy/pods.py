"""The pods that a Kubernetes object makes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from infra.policy.inputs import at, items, text
from infra.review.resource import Resource

_TEMPLATE: Final = ("spec", "template", "spec")
TEMPLATES: Final[Mapping[str, tuple[str, ...]]] = {
    "kubernetes:core/v1:Pod": ("spec",),
    "kubernetes:apps/v1:Deployment": _TEMPLATE,
    "kubernetes:apps/v1:StatefulSet": _TEMPLATE,
    "kubernetes:apps/v1:DaemonSet": _TEMPLATE,
    "kubernetes:apps/v1:ReplicaSet": _TEMPLATE,
    "kubernetes:argoproj.io/v1alpha1:Rollout": _TEMPLATE,
    "kubernetes:batch/v1:Job": _TEMPLATE,
    "kubernetes:batch/v1:CronJob": ("spec", "jobTemplate", *_TEMPLATE),
}
"""By type, where the spec of its pods stands."""

Container = Mapping[str, Any]


def pod(resource: Resource) -> Mapping[str, Any]:
    """The spec of a resource's pods; empty where it cannot be seen."""
    found = at(resource.inputs, *TEMPLATES[resource.type])
    return found if isinstance(found, Mapping) else {}


def labels(resource: Resource) -> Mapping[str, Any]:
    """The labels of a resource's pods."""
    found = at(resource.inputs, *TEMPLATES[resource.type][:-1], "metadata", "labels")
    return found if isinstance(found, Mapping) else {}


def containers(resource: Resource) -> Iterator[Container]:
    """The containers of a resource's pods, those that start first among them."""
    for key in ("initContainers", "containers"):
        yield from (each for each in items(pod(resource), key) if isinstance(each, Mapping))


def called(container: Container) -> str:
    """How a sentence calls a container."""
    return f"the container {text(container, 'name') or 'without a name'}"


def setting(resource: Resource, container: Container, *path: str) -> Any:
    """A setting of a container's security context, or else of its pod's."""
    own = at(container, "securityContext", *path)
    return own if own is not None else at(pod(resource), "securityContext", *path)
