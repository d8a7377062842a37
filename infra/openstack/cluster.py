"""The Magnum cluster: its template, its machines and its kubeconfig."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_openstack as openstack

from infra.naming import Naming
from infra.openstack.labels import template_labels
from infra.openstack.network import Network
from infra.openstack.node_group import node_group
from infra.settings.openstack import SCALED_WORKERS, OpenStackCluster

CREATE_MINUTES = 90
"""How long Magnum may take before it calls a cluster failed."""


class Cluster(pulumi.ComponentResource):
    """A Kubernetes cluster with TLS everywhere and an API server inside the OpenStack network only.

    The template has no number of nodes, because Magnum changes nothing of a template in use but its name and
    who sees it (openstack/magnum@5a492d6, magnum/db/sqlalchemy/api.py, ``_do_update_cluster_template``;
    2026-11-28), and nothing of a cluster but its number of nodes. The cluster's own worker is one, which no
    driver scales; the others are a node group beside it, whose bounds change in place. Whatever else changes
    the template replaces it, and the cluster with it.
    """

    cluster: openstack.containerinfra.Cluster
    cluster_id: pulumi.Output[str]
    cluster_name: pulumi.Output[str]
    kubeconfig: pulumi.Output[str]
    """Secret: it holds a client key of the cluster's administrator."""

    def __init__(
        self,
        name: str,
        *,
        naming: Naming,
        settings: OpenStackCluster,
        network: Network,
        dns: Sequence[str] = (),
        resized: bool = False,
        protect: bool = True,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("isthmus:openstack:Cluster", name, None, opts)
        keypair = openstack.compute.Keypair(
            name,
            name=naming.name("nodes"),
            # Nova makes it: Magnum wants one, nobody needs it. It stays a secret in the state.
            opts=pulumi.ResourceOptions(parent=self, additional_secret_outputs=["privateKey"]),
        )
        driver = settings.of_driver
        template = openstack.containerinfra.ClusterTemplate(
            name,
            name=naming.cluster("openstack"),
            coe="kubernetes",
            image=settings.image,
            master_flavor=settings.master_flavor,
            flavor=settings.node_flavor,
            docker_volume_size=settings.volume_gib if driver.reads_container_volume else None,
            volume_driver="cinder" if driver.reads_container_volume else None,
            dns_nameserver=",".join(dns) if driver.needs_dns else None,
            network_driver=settings.network_driver,
            external_network_id=network.external_network_id,
            fixed_network=network.network_id,
            fixed_subnet=network.subnet_id,
            floating_ip_enabled=False,
            master_lb_enabled=True,
            tls_disabled=False,
            public=False,
            registry_enabled=False,
            server_type="vm",
            labels=template_labels(settings),
            # Names of templates are not unique: the new one stands before the old one goes with its cluster.
            opts=pulumi.ResourceOptions(
                parent=self,
                replace_on_changes=["*"],
                delete_before_replace=False,
                # On a subnet that is there already its own servers count: the driver only wants to read some.
                ignore_changes=["dnsNameserver"],
            ),
        )
        cluster = openstack.containerinfra.Cluster(
            name,
            name=naming.cluster("openstack"),
            cluster_template_id=template.id,
            keypair=keypair.name,
            master_count=settings.masters,
            node_count=1,
            floating_ip_enabled=False,
            create_timeout=CREATE_MINUTES,
            opts=pulumi.ResourceOptions(
                parent=self,
                # Magnum has no protection of its own.
                protect=protect,
                additional_secret_outputs=["kubeconfig"],
                # Magnum calls another template an upgrade, and leaves flavours, networks and volumes as
                # they were.
                replace_on_changes=["clusterTemplateId"],
                # The name is taken as long as the old one is there.
                delete_before_replace=True,
                # Magnum hangs the nodes on the router's network; without the router no image is pulled.
                depends_on=[network],
            ),
        )
        if settings.nodes.max > 1:
            node_group(
                f"{name}-{SCALED_WORKERS}",
                name=SCALED_WORKERS,
                role="worker",
                flavor=settings.node_flavor,
                least=settings.nodes.min - 1,
                most=settings.nodes.max - 1,
                cluster_id=cluster.id,
                settings=settings,
                naming=naming,
                resized=resized,
                parent=self,
            )
        self.cluster, self.cluster_id = cluster, cluster.id
        self.cluster_name = cluster.name
        self.kubeconfig = pulumi.Output.secret(cluster.kubeconfig.apply(lambda known: known["raw_config"]))
        self.register_outputs(
            {
                "clusterId": self.cluster_id,
                "clusterName": self.cluster_name,
                "kubeconfig": self.kubeconfig,
            }
        )


__all__ = ["Cluster"]
