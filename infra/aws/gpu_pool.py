"""GPU nodes in AWS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi

from infra.aws.bought_nodes import bought_nodes
from infra.aws.nodes import NodesSpec
from infra.gpu_pool import GPU_TAINT, GpuPoolSpec


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
        self.node_group_ids = bought_nodes(
            name,
            capacity=capacity,
            spec=NodesSpec(
                instance_type=spec.hardware,
                min=spec.min,
                max=spec.max,
                disk_gib=disk_gib,
                resized=resized,
                gpu=True,
                taints=[GPU_TAINT],
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


__all__ = ["AwsGpuPool"]
