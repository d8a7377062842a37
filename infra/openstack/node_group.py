"""A node group beside those that Magnum makes itself."""

from __future__ import annotations

import pulumi
import pulumi_openstack as openstack

from infra.naming import Naming
from infra.settings.openstack import OpenStackCluster


def node_group(
    resource: str,
    *,
    name: str,
    role: str,
    flavor: str,
    least: int,
    most: int,
    cluster_id: pulumi.Input[str],
    settings: OpenStackCluster,
    naming: Naming,
    resized: bool,
    parent: pulumi.Resource,
) -> openstack.containerinfra.NodeGroup:
    """A group that scales between two bounds.

    Where a driver scales it, its number of nodes is no one's: the Cluster API drivers hand a group that may
    grow to their autoscaler, which begins at the least (magnum-capi-helm@1.4.0 ``_process_node_groups`` with
    the chart's ``machine-deployment.yaml``; magnum-cluster-api@0.38.1 ``mutate_machine_deployment``). Magnum
    still wants one between the bounds, and the provider sends new bounds before it
    (terraform-provider-openstack, ``resource_openstack_containerinfra_nodegroup_v1.go``; 2026-11-28): with
    the most of them, a higher least and a higher most are taken in place. A lower most is not, and makes the
    group again. Where no driver scales it, it has no bounds, and any number is a plain resize.

    Its own labels say whose it is; the cluster's, which the driver reads (``boot_volume_size``), are added.
    """
    driver = settings.of_driver
    return openstack.containerinfra.NodeGroup(
        resource,
        name=name,
        cluster_id=cluster_id,
        flavor_id=flavor,
        role=role,
        docker_volume_size=settings.volume_gib if driver.reads_container_volume else None,
        min_node_count=least if driver.scales else 0,
        max_node_count=most if driver.scales else None,
        node_count=most,
        merge_labels=True,
        labels=naming.tags,
        opts=pulumi.ResourceOptions(
            parent=parent,
            replace_on_changes=["minNodeCount", "maxNodeCount"] if resized and driver.scales else None,
            delete_before_replace=True,
        ),
    )


__all__ = ["node_group"]
