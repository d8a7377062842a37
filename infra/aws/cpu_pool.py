"""Nodes without GPUs in AWS, for pods that select their pool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from infra.aws.bought_nodes import bought_nodes
from infra.aws.nodes import NodesSpec
from infra.gpu_pool import CAPACITY_LABEL, PURPOSE_LABEL, Capacity
from isthmus.pod_parts import POOL_LABEL


@dataclass(frozen=True)
class CpuPoolSpec:
    """Nodes of one kind without GPUs; ``min`` and ``max`` count those of the whole pool."""

    name: str
    instance_type: str
    min: int
    max: int

    def labels(self, capacity: Capacity) -> dict[str, str]:
        """Labels of the pool's nodes."""
        return {POOL_LABEL: self.name, PURPOSE_LABEL: "training", CAPACITY_LABEL: capacity}

    @property
    def taint(self) -> tuple[str, str, str]:
        """What keeps other pods off nodes that may go at any time: (key, value, effect)."""
        return POOL_LABEL, self.name, "NoSchedule"


class AwsCpuPool(pulumi.ComponentResource):
    """Nodes of one kind as managed node groups that scale between min and max.

    Only pods that tolerate the pool's taint are placed here. ``spot_with_fallback`` makes two groups, as it
    does of an ``AwsGpuPool``.
    """

    node_group_ids: list[pulumi.Output[str]]

    def __init__(
        self,
        name: str,
        *,
        spec: CpuPoolSpec,
        capacity: str,
        disk_gib: int,
        cluster_name: pulumi.Input[str],
        version: pulumi.Input[str],
        node_role_arn: pulumi.Input[str],
        subnet_ids: Sequence[pulumi.Input[str]],
        tags: Mapping[str, str],
        resized: bool = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("isthmus:aws:AwsCpuPool", name, None, opts)
        self.node_group_ids = bought_nodes(
            name,
            capacity=capacity,
            spec=NodesSpec(
                instance_type=spec.instance_type,
                min=spec.min,
                max=spec.max,
                disk_gib=disk_gib,
                resized=resized,
                taints=[spec.taint],
            ),
            labels=spec.labels,
            cluster_name=cluster_name,
            version=version,
            role_arn=node_role_arn,
            subnet_ids=subnet_ids,
            tags=tags,
            parent=self,
        )
        self.register_outputs({"nodeGroupIds": self.node_group_ids})


__all__ = ["AwsCpuPool", "CpuPoolSpec"]
