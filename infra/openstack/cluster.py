"""The Magnum cluster: its template, its machines and its kubeconfig."""

from __future__ import annotations

import pulumi
import pulumi_openstack as openstack

from infra.naming import Naming
from infra.openstack.network import Network
from infra.pins import MAGNUM_KUBE_TAG
from infra.settings.openstack import SCALED_WORKERS, OpenStackCluster

CREATE_MINUTES = 90
"""How long Magnum may take before it calls a cluster failed."""


def template_labels(settings: OpenStackCluster) -> dict[str, str]:
    """Magnum's labels of the cluster (Magnum user guide, "Labels"); values are texts."""
    pods = {"calico": "calico_ipv4pool", "cilium": "cilium_ipv4pool"}[settings.network_driver]
    labels = {
        "kube_tag": MAGNUM_KUBE_TAG,
        pods: str(settings.pod_cidr),
        "service_cluster_ip_range": str(settings.service_cidr),
        "auto_scaling_enabled": "true",
        "auto_healing_enabled": "true",
        "cloud_provider_enabled": "true",
        "master_lb_floating_ip_enabled": str(settings.floating_api).lower(),
        "boot_volume_size": str(settings.volume_gib),
        "kube_dashboard_enabled": "false",
        "ingress_controller": "",
    }
    if settings.oidc_issuer:
        # The name that the cluster signs its tokens with must be the one that AWS trusts.
        labels["kubeapi_options"] = f"--service-account-issuer={settings.oidc_issuer}"
    return labels


class Cluster(pulumi.ComponentResource):
    """A Kubernetes cluster with TLS everywhere and an API server inside the OpenStack network only.

    The template has no number of nodes, because Magnum changes nothing of a template in use but its name and
    who sees it (magnum, ``api/controllers/v1/cluster_template.py``, ``patch``). The cluster's own workers are
    ``nodes.min``; what scales is a node group beside them, whose bounds change in place: the autoscaler finds
    the groups of role worker that have a maximum (kubernetes/autoscaler, cloudprovider/magnum/README.md).
    Whatever else changes the template replaces it, and the cluster with it.
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
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("isthmus:openstack:Cluster", name, None, opts)
        keypair = openstack.compute.Keypair(
            name,
            name=naming.name("nodes"),
            # Nova makes it: Magnum wants one, nobody needs it. It stays a secret in the state.
            opts=pulumi.ResourceOptions(parent=self, additional_secret_outputs=["privateKey"]),
        )
        template = openstack.containerinfra.ClusterTemplate(
            name,
            name=naming.cluster("openstack"),
            coe="kubernetes",
            image=settings.image,
            master_flavor=settings.master_flavor,
            flavor=settings.node_flavor,
            docker_volume_size=settings.volume_gib,
            volume_driver="cinder",
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
            opts=pulumi.ResourceOptions(parent=self, replace_on_changes=["*"], delete_before_replace=False),
        )
        cluster = openstack.containerinfra.Cluster(
            name,
            name=naming.cluster("openstack"),
            cluster_template_id=template.id,
            keypair=keypair.name,
            master_count=settings.masters,
            node_count=settings.nodes.min,
            floating_ip_enabled=False,
            create_timeout=CREATE_MINUTES,
            opts=pulumi.ResourceOptions(
                parent=self,
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
        if settings.nodes.max > settings.nodes.min:
            openstack.containerinfra.NodeGroup(
                f"{name}-{SCALED_WORKERS}",
                name=SCALED_WORKERS,
                cluster_id=cluster.id,
                flavor_id=settings.node_flavor,
                role="worker",
                docker_volume_size=settings.volume_gib,
                min_node_count=0,
                max_node_count=settings.nodes.max - settings.nodes.min,
                node_count=0,
                merge_labels=True,
                labels=naming.tags,
                # The autoscaler moves the number of nodes between the two bounds.
                opts=pulumi.ResourceOptions(
                    parent=self, ignore_changes=["nodeCount"], delete_before_replace=True
                ),
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


__all__ = ["Cluster", "template_labels"]
