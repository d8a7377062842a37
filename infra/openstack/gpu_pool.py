"""GPU nodes in OpenStack."""

from __future__ import annotations

import pulumi
import pulumi_openstack as openstack

from infra.gpu_pool import GPU_TAINT, GpuPoolSpec
from infra.naming import Naming


class OpenStackGpuPool(pulumi.ComponentResource):
    """GPU nodes of one kind as a Magnum node group that scales between min and max.

    Private machines are the owner's, so their capacity is ``reserved``. Magnum hands the labels
    ``node_labels`` and ``node_taints`` to the kubelet of drivers that know them.
    """

    node_group_id: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        spec: GpuPoolSpec,
        cluster_id: pulumi.Input[str],
        naming: Naming,
        volume_gib: int,
        resized: bool = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("isthmus:openstack:OpenStackGpuPool", name, None, opts)
        key, value, effect = GPU_TAINT
        group = openstack.containerinfra.NodeGroup(
            name,
            name=spec.name,
            cluster_id=cluster_id,
            flavor_id=spec.hardware,
            role="gpu",
            docker_volume_size=volume_gib,
            min_node_count=spec.min,
            max_node_count=spec.max,
            node_count=spec.min,
            merge_labels=True,
            labels={
                **{tag: text for tag, text in naming.tags.items()},
                "node_labels": ",".join(f"{k}={v}" for k, v in spec.labels("reserved").items()),
                "node_taints": f"{key}={value}:{effect}",
            },
            # The autoscaler moves the number of nodes between the two bounds.
            opts=pulumi.ResourceOptions(
                parent=self,
                ignore_changes=None if resized else ["nodeCount"],
                delete_before_replace=True,
            ),
        )
        self.node_group_id = group.id
        self.register_outputs({"nodeGroupId": self.node_group_id})


__all__ = ["OpenStackGpuPool"]
