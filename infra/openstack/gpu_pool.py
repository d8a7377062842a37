"""GPU nodes in OpenStack."""

from __future__ import annotations

import pulumi

from infra.gpu_pool import GpuPoolSpec
from infra.naming import Naming
from infra.openstack.node_group import node_group
from infra.settings.openstack import OpenStackCluster


class OpenStackGpuPool(pulumi.ComponentResource):
    """GPU nodes of one kind as a Magnum node group that scales between min and max.

    No driver lets an owner label or taint its nodes: Magnum's fields ``node_labels`` and ``node_taints`` of
    2026-07-17 (openstack/magnum, commit 34738d90) are read by none yet, and the Terraform provider has no
    word for them. Pods find the pool by the driver's own label, which holds the group's name, so a pool is
    one group; nothing keeps other pods away from it.
    """

    node_group_id: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        spec: GpuPoolSpec,
        cluster_id: pulumi.Input[str],
        naming: Naming,
        settings: OpenStackCluster,
        resized: bool = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("isthmus:openstack:OpenStackGpuPool", name, None, opts)
        group = node_group(
            name,
            name=spec.name,
            role=spec.purpose,
            flavor=spec.hardware,
            least=spec.min,
            most=spec.max,
            cluster_id=cluster_id,
            settings=settings,
            naming=naming,
            resized=resized,
            parent=self,
        )
        self.node_group_id = group.id
        self.register_outputs({"nodeGroupId": self.node_group_id})


__all__ = ["OpenStackGpuPool"]
