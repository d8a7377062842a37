"""The OpenStack site: everything of the estate that stands there, short of what runs in its cluster."""

from __future__ import annotations

from collections.abc import Collection

import pulumi

from infra.gpu_pool import GpuPoolSpec
from infra.naming import Naming
from infra.openstack.cluster import Cluster
from infra.openstack.gpu_pool import OpenStackGpuPool
from infra.openstack.network import Network
from infra.openstack.object_store import PrivateContainer
from infra.settings.openstack import OpenStackSettings


class OpenStackSite(pulumi.ComponentResource):
    """Network, object container, cluster and GPU pools in one project and one region."""

    network: Network
    private_container: PrivateContainer
    """Held-back orders and validation reports, which never leave this site."""
    cluster: Cluster
    pools: dict[str, GpuPoolSpec]
    """By name: what a job needs to know to ask for one."""
    pool_nodes: list[OpenStackGpuPool]

    def __init__(
        self,
        name: str,
        *,
        naming: Naming,
        settings: OpenStackSettings,
        resized: Collection[str] = (),
        protect: bool = True,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("isthmus:openstack:Site", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.network = Network(
            f"{name}-network",
            naming=naming,
            cidr=str(settings.network.cidr),
            dns=[str(address) for address in settings.network.dns],
            external_network=settings.external_network,
            opts=child,
        )
        self.private_container = PrivateContainer(
            f"{name}-private",
            container_name=naming.name("private"),
            naming=naming,
            region=settings.region,
            keep_objects=settings.object_store.keep_objects,
            protect=protect,
            opts=child,
        )
        self.cluster = Cluster(
            f"{name}-cluster",
            naming=naming,
            settings=settings.cluster,
            network=self.network,
            dns=[str(address) for address in settings.network.dns],
            resized="openstack.cluster.nodes" in resized,
            protect=protect,
            opts=child,
        )
        self.pools, self.pool_nodes = {}, []
        for pool_name, pool in settings.gpu_pools.items():
            spec = GpuPoolSpec(
                name=pool_name,
                hardware=pool.flavor,
                min=pool.min,
                max=pool.max,
                purpose=pool.purpose,
                label=settings.cluster.of_driver.node_label,
            )
            self.pools[pool_name] = spec
            self.pool_nodes.append(
                OpenStackGpuPool(
                    f"{name}-pool-{pool_name}",
                    spec=spec,
                    cluster_id=self.cluster.cluster_id,
                    naming=naming,
                    settings=settings.cluster,
                    resized=f"openstack.gpu_pools.{pool_name}" in resized,
                    opts=child,
                )
            )
        self.register_outputs(
            {
                "clusterName": self.cluster.cluster_name,
                "privateContainer": self.private_container.container,
            }
        )

    @property
    def exports(self) -> dict[str, object]:
        """What the stack says of this site."""
        return {
            "openstackCluster": self.cluster.cluster_name,
            "privateContainer": self.private_container.container,
        }


__all__ = ["OpenStackSite"]
