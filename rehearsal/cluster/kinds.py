"""Names of kinds of objects."""

from __future__ import annotations


def group(api_version: str) -> str:
    """``batch`` of ``batch/v1``, "" of ``v1``."""
    return api_version.rpartition("/")[0]


def is_custom(api_version: str) -> bool:
    """Whether the group belongs to no kind of Kubernetes' own."""
    name = group(api_version)
    return "." in name and not name.endswith(".k8s.io")


def noun(api_version: str, kind: str) -> str:
    """A kind's name: with its group where it is a custom resource."""
    return f"{kind}.{group(api_version)}" if is_custom(api_version) else kind
