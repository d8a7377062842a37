"""What a stack's state says to its end: what is protected, what goes first, and what the clouds gave it."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any, Final

EKS: Final = "aws:eks/cluster:Cluster"
CLUSTERS: Final = (EKS, "openstack:containerinfra/cluster:Cluster")
NETWORK: Final = "openstack:networking/network:Network"
BUCKET: Final = "aws:s3/bucket:Bucket"
CONTAINER: Final = "openstack:objectstorage/container:Container"

State = Mapping[str, Any]


def resources(deployment: State) -> list[dict[str, Any]]:
    """The resources of an exported deployment, as they stand."""
    return [one for one in deployment.get("resources") or [] if not one.get("delete")]


def of_type(deployment: State, *types: str) -> list[dict[str, Any]]:
    """Those of some types."""
    return [one for one in resources(deployment) if one["type"] in types]


def protected(deployment: State) -> list[str]:
    """URNs of what the engine refuses to delete."""
    return [one["urn"] for one in resources(deployment) if one.get("protect")]


def refuses_deletion(deployment: State) -> list[str]:
    """Names of EKS clusters that EKS itself refuses to delete."""
    return [
        str(one["id"])
        for one in of_type(deployment, EKS)
        if (one.get("inputs") or {}).get("deletionProtection")
    ]


def unprotected(deployment: State) -> dict[str, Any]:
    """The deployment with nothing protected, once EKS has been told as well."""
    result = copy.deepcopy(dict(deployment))
    for one in result.get("resources") or []:
        one.pop("protect", None)
        if one["type"] == EKS:
            for side in ("inputs", "outputs"):
                if "deletionProtection" in (one.get(side) or {}):
                    one[side]["deletionProtection"] = False
    return result


def kept(deployment: State, *types: str) -> list[str]:
    """Names of stores that their cloud deletes only while they are empty."""
    return [
        str(one["id"])
        for one in of_type(deployment, *types)
        if not (one.get("inputs") or {}).get("forceDestroy")
    ]


def ids(found: Iterable[Mapping[str, Any]]) -> set[str]:
    """The clouds' ids of resources."""
    return {str(one["id"]) for one in found if one.get("id")}


__all__ = [
    "BUCKET",
    "CLUSTERS",
    "CONTAINER",
    "NETWORK",
    "ids",
    "kept",
    "of_type",
    "protected",
    "refuses_deletion",
    "resources",
    "unprotected",
]
