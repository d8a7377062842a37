"""A fake: a Magnum driver with no machines behind it; what is asked is done when Magnum looks next.

Certificates, node groups and the record are Magnum's own. It refuses what magnum-capi-helm refuses
(openstack/magnum-capi-helm@1.4.0 ``magnum_capi_helm/driver.py`` and ``conf.py``, and the chart
azimuth-cloud/capi-helm-charts@0.27.0 ``templates/node-group/machine-deployment.yaml``; 2026-11-28), and
labels that it passes over in silence.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from typing import Any, Final

from magnum.common import clients, exception
from magnum.drivers.common import driver
from magnum.objects import fields

STATUS: Final = fields.ClusterStatus
IMAGES: Final = ("ubuntu", "flatcar")
READ: Final = frozenset(
    [
        "api_master_lb_allowed_cidrs",
        "auto_healing_enabled",
        "auto_scaling_enabled",
        "boot_volume_size",
        "boot_volume_type",
        "capi_helm_chart_version",
        "csi_cinder_allow_volume_expansion",
        "csi_cinder_availability_zone",
        "csi_cinder_fstype",
        "csi_cinder_reclaim_policy",
        "csi_cinder_volume_binding_mode",
        "etcd_blockdevice_size",
        "etcd_blockdevice_type",
        "etcd_blockdevice_volume_az",
        "etcd_blockdevice_volume_type",
        "etcd_volume_size",
        "etcd_volume_type",
        "extra_network_name",
        "extra_network_names",
        "fixed_subnet_cidr",
        "keystone_auth_enabled",
        "kube_dashboard_enabled",
        "master_lb_floating_ip_enabled",
        "max_node_count",
        "min_node_count",
        "monitoring_enabled",
        "octavia_lb_algorithm",
        "octavia_lb_healthcheck",
        "octavia_provider",
    ]
)
"""Labels of a cluster that the driver looks at."""
GROUP_NAME: Final = r"[a-z][a-z0-9\-]+[a-z0-9]"


def _checked(cluster: Any, group: Any) -> None:
    if not re.fullmatch(GROUP_NAME, re.sub("[^a-z0-9]+", "-", group.name.lower()).strip("-")):
        raise exception.NodeGroupInvalidInput(message=f"Node group name {group.name!r}: at least 3 letters")
    if cluster.labels.get("auto_scaling_enabled", "").lower() != "true":
        return
    if group.min_node_count < 1:
        raise exception.NodeGroupInvalidInput(
            message="Min node count must be greater than or equal to 1 for all node groups."
        )


def _version(context: Any, image: str) -> str:
    found = clients.OpenStackClients(context).glance().find_image(image)
    version = found.properties.get("kube_version")
    if not version:
        raise exception.MagnumException(message=f"Image {image} does not have a kube_version property.")
    return f"v{version.lstrip('v')}"


class Driver(driver.Driver):  # type: ignore[misc]
    """Takes what magnum-capi-helm would take."""

    @property
    def provides(self) -> list[dict[str, str]]:
        return [{"server_type": "vm", "os": image, "coe": "kubernetes"} for image in IMAGES]

    def create_cluster(self, context: Any, cluster: Any, cluster_create_timeout: Any) -> None:  # noqa: ARG002
        if unread := sorted({*cluster.labels} - READ):
            raise exception.InvalidParameterValue(message=f"The driver reads no label {', '.join(unread)}.")
        for group in cluster.nodegroups:
            if group.role != "master":
                _checked(cluster, group)
        cluster.coe_version = _version(context, cluster.cluster_template.image_id)
        cluster.stack_id = str(uuid.uuid4())
        # A loopback address of its own, where nobody listens.
        digest = hashlib.sha256(cluster.uuid.encode()).digest()
        cluster.api_address = f"https://127.78.{digest[0]}.{1 + digest[1] % 254}:6443"

    def update_cluster_status(self, context: Any, cluster: Any, use_admin_ctx: bool = False) -> None:  # noqa: ARG002
        """Let what is under way be done."""
        for group in cluster.nodegroups:
            status = group.status or cluster.status
            if status == STATUS.DELETE_IN_PROGRESS and cluster.status != STATUS.DELETE_IN_PROGRESS:
                group.destroy()
            elif status.endswith("_IN_PROGRESS"):
                group.status = status.replace("_IN_PROGRESS", "_COMPLETE")
                group.save()
        cluster.status = cluster.status.replace("_IN_PROGRESS", "_COMPLETE")
        cluster.status_reason = None
        cluster.save()

    def create_nodegroup(self, context: Any, cluster: Any, nodegroup: Any) -> None:  # noqa: ARG002
        _checked(cluster, nodegroup)
        nodegroup.stack_id = str(uuid.uuid4())

    def update_nodegroup(self, context: Any, cluster: Any, nodegroup: Any) -> None:  # noqa: ARG002
        _checked(cluster, nodegroup)
        nodegroup.save()

    def delete_nodegroup(self, context: Any, cluster: Any, nodegroup: Any) -> None:  # noqa: ARG002
        nodegroup.save()

    def _nothing(self, *arguments: Any, **named: Any) -> None:
        """No machine is there that could change."""

    update_cluster = delete_cluster = resize_cluster = upgrade_cluster = _nothing

    def _unknown(self, *arguments: Any, **named: Any) -> None:
        raise NotImplementedError

    create_federation = update_federation = delete_federation = _unknown
