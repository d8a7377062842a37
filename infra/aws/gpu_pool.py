"""GPU nodes in AWS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi

from infra.aws.nodes import Nodes, NodesSpec
from infra.gpu_pool import GPU_TAINT, Capacity, GpuPoolSpec

CAPACITIES: Mapping[str, tuple[Capacity, ...]] = {
    "spot": ("spot",),
    "on_demand": ("on_demand",),
    "spot_with_fallback": ("spot", "on_demand"),
}
"""How ``capacity`` of the settings is bought: one node group each, the cheaper one first."""


class AwsGpuPool(pulumi.ComponentResource):
    """GPU nodes of one kind as managed node groups that scale between min and max.

    ``spot_with_fallback`` makes two groups of the same nodes: spot, and on-demand that starts at nothing
    and takes over where spot has no machine. Both carry the pool's name, so a job selects either.
    Only pods that tolerate the ``nvidia.com/gpu`` taint are placed here.
    """

    node_group_ids: list[pulumi.Output[str]]

    def __init__(
        self,
        name: str,
        *,
        spec: GpuPoolSpec,
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
        super().__init__("isthmus:aws:AwsGpuPool", name, None, opts)
        bought = CAPACITIES[capacity]
        self.node_group_ids = []
        for index, kind in enumerate(bought):
            nodes = Nodes(
                f"{name}-{kind.replace('_', '-')}" if len(bought) > 1 else name,
                cluster_name=cluster_name,
                version=version,
                role_arn=node_role_arn,
                subnet_ids=subnet_ids,
                spec=NodesSpec(
                    instance_type=spec.hardware,
                    min=spec.min if index == 0 else 0,
                    max=spec.max,
                    disk_gib=disk_gib,
                    resized=resized,
                    gpu=True,
                    spot=kind == "spot",
                    labels=spec.labels(kind),
                    taints=[GPU_TAINT],
                ),
                tags=tags,
                opts=pulumi.ResourceOptions(parent=self),
            )
            self.node_group_ids.append(nodes.group.id)
        self.register_outputs({"nodeGroupIds": self.node_group_ids})


__all__ = ["CAPACITIES", "AwsGpuPool"]
