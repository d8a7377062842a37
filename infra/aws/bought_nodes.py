"""The nodes of a pool in AWS, one managed node group for each way that they are bought."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pulumi

from infra.aws.nodes import Nodes, NodesSpec
from infra.gpu_pool import Capacity

CAPACITIES: Mapping[str, tuple[Capacity, ...]] = {
    "spot": ("spot",),
    "on_demand": ("on_demand",),
    "spot_with_fallback": ("spot", "on_demand"),
}
"""How ``capacity`` of the settings is bought: one node group each, the cheaper one first."""


def bought_nodes(
    name: str,
    *,
    capacity: str,
    spec: NodesSpec,
    labels: Callable[[Capacity], Mapping[str, str]],
    cluster_name: pulumi.Input[str],
    version: pulumi.Input[str],
    role_arn: pulumi.Input[str],
    subnet_ids: Sequence[pulumi.Input[str]],
    tags: Mapping[str, str],
    parent: pulumi.Resource,
) -> list[pulumi.Output[str]]:
    """Declare the groups; returns their ids. Only the first has ``spec.min``, the others start at nothing.

    ``labels`` are those of the nodes that are bought in one way; ``capacity`` is a key of ``CAPACITIES``.
    """
    bought = CAPACITIES[capacity]
    return [
        Nodes(
            f"{name}-{kind.replace('_', '-')}" if len(bought) > 1 else name,
            cluster_name=cluster_name,
            version=version,
            role_arn=role_arn,
            subnet_ids=subnet_ids,
            spec=replace(spec, min=spec.min if index == 0 else 0, spot=kind == "spot", labels=labels(kind)),
            tags=tags,
            opts=pulumi.ResourceOptions(parent=parent),
        ).group.id
        for index, kind in enumerate(bought)
    ]


__all__ = ["CAPACITIES", "bought_nodes"]
