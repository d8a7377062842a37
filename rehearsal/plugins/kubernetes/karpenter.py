"""The nodes of a NodePool, as the node agent registers them: as many as its limits allow.

No Karpenter runs here: as with the groups of a cloud (``rehearsal.plugins.aws.node_pool``), it has always
just finished, and no pod gets more nodes than that. A node has its share of the limits, which the estate
writes out for so many nodes of one machine; a NodePool that says no number of nodes gets none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rehearsal.cluster import pools
from rehearsal.cluster.pools import Pool
from rehearsal.control_plane.api import Api
from rehearsal.home import Home

TYPE: Final = "kubernetes:karpenter.sh/v1:NodePool"
NOTE: Final = "its nodes are there at once, as many as its limits allow; no Karpenter runs here"
_COUNTED: Final = ("cpu", "nvidia.com/gpu")


def declare(home: Home, api: Api, object: Mapping[str, Any]) -> None:
    """Have the cluster's nodes be as a NodePool says."""
    if (pool := of(object)) is None:
        withdraw(home, api, object["metadata"]["name"])
    else:
        pools.declare(home, api.cluster, pool)


def withdraw(home: Home, api: Api, name: str) -> None:
    """Let its nodes go."""
    pools.withdraw(home, api.cluster, name)


def of(object: Mapping[str, Any]) -> Pool | None:
    """The pool of a NodePool; None where it bounds no nodes."""
    name, spec = object["metadata"]["name"], object["spec"]
    limits, template = spec.get("limits") or {}, spec["template"]
    nodes = int(limits.get("nodes") or 0)
    if not nodes:
        return None
    told = template.get("spec") or {}
    chosen = {
        each["key"]: each["values"][0]
        for each in told.get("requirements") or ()
        if each.get("operator") == "In" and each.get("values")
    }
    capacity = {key: str(int(limits[key]) // nodes) for key in _COUNTED if limits.get(key)}
    if memory := limits.get("memory"):
        capacity["memory"] = f"{int(str(memory).removesuffix('Mi')) // nodes}Mi"
    return Pool(
        name,
        nodes=nodes,
        # Karpenter labels a node with its pool and with every requirement that leaves one choice
        # (aws/karpenter-provider-aws@v1.14.1, website/content/en/docs/concepts/scheduling.md; 2026-11-28).
        labels={
            **(template.get("metadata") or {}).get("labels", {}),
            **chosen,
            "karpenter.sh/nodepool": name,
        },
        taints=[(one["key"], one.get("value") or "", one["effect"]) for one in told.get("taints") or ()],
        capacity=capacity,
    )


__all__ = ["NOTE", "TYPE", "declare", "of", "withdraw"]
