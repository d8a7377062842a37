"""The nodes of an EKS node group, as the node agent registers them.

As many as its autoscaler may make: here nobody waits for a node, and no pod gets more of them than that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rehearsal.cluster.pools import Pool
from rehearsal.plugins.aws.cloud import Cloud

_EFFECTS: Final = {
    "NO_SCHEDULE": "NoSchedule",
    "NO_EXECUTE": "NoExecute",
    "PREFER_NO_SCHEDULE": "PreferNoSchedule",
}
# https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateNodegroup.html, instanceTypes; 2026-11-28.
_DEFAULT_TYPE: Final = "t3.medium"


def of(cloud: Cloud, group: Mapping[str, Any]) -> Pool:
    """The pool of a group as DescribeNodegroup tells of it. Raises Refused."""
    kind = next(iter(group.get("instanceTypes") or ()), _DEFAULT_TYPE)
    machine = cloud.find("ec2", "DescribeInstanceTypes", "InstanceTypes[0]", InstanceTypes=[kind])
    subnets = list(group.get("subnets") or ())
    zones = cloud.find("ec2", "DescribeSubnets", "Subnets[].AvailabilityZone", SubnetIds=subnets)
    taints = group.get("taints") or ()
    return Pool(
        group["nodegroupName"],
        nodes=int(group["scalingConfig"]["maxSize"]),
        # Beside its own those of managed nodes and of the cloud's controller
        # (https://docs.aws.amazon.com/eks/latest/userguide/managed-node-groups.html; 2026-11-28).
        labels={
            **(group.get("labels") or {}),
            "eks.amazonaws.com/nodegroup": group["nodegroupName"],
            "eks.amazonaws.com/capacityType": group.get("capacityType") or "ON_DEMAND",
            "node.kubernetes.io/instance-type": kind,
            "topology.kubernetes.io/region": cloud.region,
        },
        taints=[(one["key"], one.get("value") or "", _EFFECTS[one["effect"]]) for one in taints],
        capacity=_capacity(machine),
        zones=sorted(set(zones or ())),
    )


def _capacity(machine: Mapping[str, Any]) -> dict[str, str]:
    cards = (machine.get("GpuInfo") or {}).get("Gpus") or []
    count = sum(card["Count"] for card in cards if card["Manufacturer"] == "NVIDIA")
    return {
        "cpu": str(machine["VCpuInfo"]["DefaultVCpus"]),
        "memory": f"{machine['MemoryInfo']['SizeInMiB']}Mi",
        **({"nvidia.com/gpu": str(count)} if count else {}),
    }


__all__ = ["of"]
