"""A fake: a Magnum driver with no machines behind it; what is asked is done when Magnum looks next.

Validation, certificates, node groups and the record are Magnum's own.
"""

from __future__ import annotations

import hashlib
import uuid
from typing import Any, Final

from magnum.drivers.common import driver
from magnum.objects import fields

STATUS: Final = fields.ClusterStatus
IMAGES: Final = ("fedora-coreos", "ubuntu", "flatcar")


class Driver(driver.Driver):  # type: ignore[misc]
    """Takes everything that Magnum lets through."""

    @property
    def provides(self) -> list[dict[str, str]]:
        return [{"server_type": "vm", "os": image, "coe": "kubernetes"} for image in IMAGES]

    def create_cluster(self, context: Any, cluster: Any, cluster_create_timeout: Any) -> None:  # noqa: ARG002
        cluster.stack_id = str(uuid.uuid4())
        # A loopback address of its own, where nobody listens.
        digest = hashlib.sha256(cluster.uuid.encode()).digest()
        cluster.api_address = f"https://127.78.{digest[0]}.{1 + digest[1] % 254}:6443"
        cluster.coe_version = cluster.labels.get("kube_tag")

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
        nodegroup.stack_id = str(uuid.uuid4())

    def update_nodegroup(self, context: Any, cluster: Any, nodegroup: Any) -> None:  # noqa: ARG002
        nodegroup.save()

    def delete_nodegroup(self, context: Any, cluster: Any, nodegroup: Any) -> None:  # noqa: ARG002
        nodegroup.save()

    def _nothing(self, *arguments: Any, **named: Any) -> None:
        """No machine is there that could change."""

    update_cluster = delete_cluster = resize_cluster = upgrade_cluster = _nothing

    def _unknown(self, *arguments: Any, **named: Any) -> None:
        raise NotImplementedError

    create_federation = update_federation = delete_federation = _unknown
