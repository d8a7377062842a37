"""What Magnum's drivers for Kubernetes read, set and withhold; docs/private-cluster.md tells it at length.

Looked up on 2026-11-28 in the drivers' own sources:

- capi_helm: openstack/magnum-capi-helm@1.4.0 ``magnum_capi_helm/driver.py`` and ``conf.py``, and the chart
  that it installs, azimuth-cloud/capi-helm-charts@0.27.0 ``charts/openstack-cluster`` (0.10.1, the driver's
  default, has the same).
- cluster_api: vexxhost/magnum-cluster-api@0.38.1 ``magnum_cluster_api/resources.py``, ``utils.py`` and
  ``driver.py``.
- heat: openstack/magnum before commit 31b84327 of 2026-05-13, which removed it, ``magnum/drivers/heat``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from types import MappingProxyType
from typing import Final, Literal

from infra.settings.platform import Part

DriverName = Literal["capi_helm", "cluster_api", "heat"]


@dataclass(frozen=True, kw_only=True)
class MagnumDriver:
    """One driver."""

    distributions: tuple[str, ...]
    """What property ``os_distro`` of an image may say; by it Magnum chooses the driver."""
    image: str
    """An image as the driver wants it, for a person who has to make one."""
    node_label: str
    """The label by which its nodes name their node group: the only one that this estate can count on."""
    labels: Mapping[str, str]
    """Magnum's label for each setting of ``openstack.cluster`` that reaches the driver by a label."""
    always: Mapping[str, str]
    """Labels that it gets whatever the settings are."""
    network_drivers: tuple[str, ...] = ("calico", "cilium")
    pods: IPv4Network | None = None
    """The pods' network where no label sets it."""
    services: IPv4Network | None = None
    """The services' network where no label sets it."""
    reads_version: bool = True
    """Whether label ``kube_tag`` names the version of Kubernetes; else the image's ``kube_version`` does."""
    reads_container_volume: bool = False
    """Whether it reads ``docker_volume_size`` and ``volume_driver`` beside ``boot_volume_size``."""
    scales: bool = True
    """Whether its autoscaler finds the node groups of an estate."""
    least_scaled: int = 0
    """Fewest nodes of a node group that scales."""
    shortest_group: int = 1
    """Letters that the name of a node group has at least."""
    brings: frozenset[Part] = frozenset()
    """Parts of the platform that its own chart installs; a second device plugin would offer GPUs twice."""
    needs_dns: bool = False
    """Whether it fails where the template names no name server."""

    def pods_label(self, network_driver: str) -> str | None:
        """The label for the pods' network: it has the name of what makes that network."""
        label = self.labels.get("pod_cidr")
        return label and label.format(network_driver=network_driver)


_SCALING: Final = {
    # The cluster's own worker stays one: with capi_helm these labels win over the node group's own bounds
    # (_get_node_counts), Magnum itself reads the first (magnum/conductor/utils.py), cluster_api the second,
    # whose default is one node more (utils.py, get_node_group_max_node_count).
    "min_node_count": "1",
    "max_node_count": "1",
    "auto_scaling_enabled": "true",
    "auto_healing_enabled": "true",
}

DRIVERS: Final[Mapping[DriverName, MagnumDriver]] = MappingProxyType(
    {
        "capi_helm": MagnumDriver(
            distributions=("ubuntu", "flatcar"),
            image="an image of image-builder with the properties os_distro=ubuntu and kube_version",
            # templates/node-group/kubeadm-config-template.yaml, by projectPrefix of values.yaml.
            node_label="capi.stackhpc.com/node-group",
            labels={
                "volume_gib": "boot_volume_size",
                "floating_api": "master_lb_floating_ip_enabled",
                "api_allowed_cidrs": "api_master_lb_allowed_cidrs",
            },
            always={**_SCALING, "kube_dashboard_enabled": "false"},
            # values.yaml, kubeNetwork; the driver hands it no other.
            pods=IPv4Network("172.16.0.0/13"),
            services=IPv4Network("172.24.0.0/13"),
            reads_version=False,
            # _validate_allowed_node_counts: at least 1 in every group.
            least_scaled=1,
            # templates/node-group/machine-deployment.yaml.
            shortest_group=3,
            # azimuth-cloud/capi-helm-charts of July 2026, charts/cluster-addons/values.yaml: metrics-server,
            # node-feature-discovery and NVIDIA's GPU operator are enabled. The driver's own values for
            # ``addons`` are about other things (magnum_capi_helm/driver.py).
            brings=frozenset({"metrics_server", "gpus"}),
        ),
        "cluster_api": MagnumDriver(
            distributions=("ubuntu", "debian", "flatcar", "rockylinux"),
            image="an image of capo-image-elements with the property os_distro=ubuntu",
            # mutate_machine_deployment.
            node_label="node.cluster.x-k8s.io/nodegroup",
            labels={
                "pod_cidr": "{network_driver}_ipv4pool",
                "service_cidr": "service_cluster_ip_range",
                "volume_gib": "boot_volume_size",
                "floating_api": "master_lb_floating_ip_enabled",
            },
            always=_SCALING,
            # Cluster.get_object splits dns_nameserver of the template, which Magnum leaves None.
            needs_dns=True,
        ),
        "heat": MagnumDriver(
            distributions=("fedora-coreos",),
            image="an image of Fedora CoreOS with the property os_distro=fedora-coreos",
            # templates/kubernetes/fragments/configure-kubernetes-minion.sh.
            node_label="magnum.openstack.org/nodegroup",
            labels={
                "pod_cidr": "{network_driver}_ipv4pool",
                "service_cidr": "service_cluster_ip_range",
                "volume_gib": "boot_volume_size",
                "floating_api": "master_lb_floating_ip_enabled",
                "api_allowed_cidrs": "master_lb_allowed_cidrs",
                "oidc_issuer": "kubeapi_options",
            },
            always={
                # fragments/enable-auto-scaling.sh: its autoscaler knows group default-worker alone.
                "auto_scaling_enabled": "false",
                "auto_healing_enabled": "true",
                "cloud_provider_enabled": "true",
                "kube_dashboard_enabled": "false",
                "ingress_controller": "",
            },
            # k8s_fedora_template_def.py knows flannel and calico.
            network_drivers=("calico",),
            reads_container_volume=True,
            scales=False,
            # metrics_server_enabled is true by default (Magnum's user guide, "metrics_server_enabled").
            brings=frozenset({"metrics_server"}),
        ),
    }
)


def drivers_that_read(key: str) -> str:
    """Names of the drivers that have a label for a setting: ``cluster_api or heat``."""
    return " or ".join(name for name, driver in DRIVERS.items() if key in driver.labels)


__all__ = ["DRIVERS", "DriverName", "MagnumDriver", "drivers_that_read"]
