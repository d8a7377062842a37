"""GPU nodes in OpenStack."""

from __future__ import annotations

import pulumi
import pulumi_openstack as openstack

from infra.gpu_pool import GPU_TAINT, GpuPoolSpec
from infra.naming import Naming
from infra.settings.openstack import fixed_nodes


class OpenStackGpuPool(pulumi.ComponentResource):
    """GPU nodes of one kind as Magnum node groups: ``min`` that stay, and one that scales up to ``max``.

    Two, because ``min`` moves on a standing estate. Of one group's change the provider sends the bounds,
    then the number of nodes (terraform-provider-openstack,
    ``resource_openstack_containerinfra_nodegroup_v1.go``), and Magnum refuses a least number above that
    of the nodes there are (magnum 23.0.0, ``api/controllers/v1/nodegroup.py``; both read 2026-11-28). The
    nodes that stay have no bounds, so any number of them is a plain resize, and no autoscaler looks after
    a group without a most number (kubernetes/autoscaler, ``cloudprovider/magnum/README.md``, read
    2026-11-28).

    Private machines are the owner's, so their capacity is ``reserved``. Magnum hands the labels
    ``node_labels`` and ``node_taints`` to the kubelet of drivers that know them.
    """

    node_group_ids: list[pulumi.Output[str]]

    def __init__(
        self,
        name: str,
        *,
        spec: GpuPoolSpec,
        cluster_id: pulumi.Input[str],
        naming: Naming,
        volume_gib: int,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("isthmus:openstack:OpenStackGpuPool", name, None, opts)
        key, value, effect = GPU_TAINT
        labels = {
            **{tag: text for tag, text in naming.tags.items()},
            "node_labels": ",".join(f"{k}={v}" for k, v in spec.labels("reserved").items()),
            "node_taints": f"{key}={value}:{effect}",
        }

        def group(resource: str, named: str, nodes: int, most: int | None) -> pulumi.Output[str]:
            return openstack.containerinfra.NodeGroup(
                resource,
                name=named,
                cluster_id=cluster_id,
                flavor_id=spec.hardware,
                role="gpu",
                docker_volume_size=volume_gib,
                min_node_count=0,
                max_node_count=most,
                node_count=nodes,
                merge_labels=True,
                labels=labels,
                opts=pulumi.ResourceOptions(
                    parent=self,
                    # Where there is a most number, the autoscaler moves that of the nodes.
                    ignore_changes=None if most is None else ["nodeCount"],
                    delete_before_replace=True,
                ),
            ).id

        self.node_group_ids = []
        if spec.max > spec.min:
            self.node_group_ids.append(group(name, spec.name, 0, spec.max - spec.min))
        if spec.min:
            fixed = fixed_nodes(spec.name)
            self.node_group_ids.append(group(f"{name}-fixed", fixed, spec.min, None))
        self.register_outputs({"nodeGroupIds": self.node_group_ids})


__all__ = ["OpenStackGpuPool"]
