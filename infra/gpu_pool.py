"""What a GPU pool is on either site: the spec that ``AwsGpuPool`` and ``OpenStackGpuPool`` share.

The two components stay two: they buy nodes in different ways. What a pod sees of a pool is one thing,
and it is here: the labels it can select and the taint it must tolerate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from infra.naming import LABEL_DOMAIN
from isthmus.pod_parts import GPU_RESOURCE, POOL_LABEL

Purpose = Literal["training", "serving"]
Capacity = Literal["spot", "on_demand", "reserved"]

GPU_TAINT = (GPU_RESOURCE, "present", "NoSchedule")
PURPOSE_LABEL = f"{LABEL_DOMAIN}/purpose"
CAPACITY_LABEL = f"{LABEL_DOMAIN}/capacity"
GPU_PRESENT = "nvidia.com/gpu.present"
"""Set to "true", it lets NVIDIA's device plugin onto a node: without it, or a label of
node-feature-discovery, the plugin's chart places none there, and no pod ever gets a GPU (
NVIDIA/k8s-device-plugin@1b826ac, deployments/helm/nvidia-device-plugin/values.yaml, ``affinity``;
2026-11-28)."""


@dataclass(frozen=True)
class GpuPoolSpec:
    """GPU nodes of one kind on one site.

    ``min`` and ``max`` count nodes of the whole pool; ``hardware`` is the site's own word for the kind:
    an instance type in AWS, a flavour in OpenStack.
    """

    name: str
    hardware: str
    min: int
    max: int
    purpose: Purpose
    label: str = POOL_LABEL
    """The label by which a pod finds the pool: a cloud's own where it lets nobody give nodes others."""

    def labels(self, capacity: Capacity) -> dict[str, str]:
        """Labels of the pool's nodes where the cloud takes them: AWS does, Magnum's drivers do not."""
        return {
            POOL_LABEL: self.name,
            PURPOSE_LABEL: self.purpose,
            CAPACITY_LABEL: capacity,
            GPU_PRESENT: "true",
            # The label by which autoscalers know GPU nodes that are still starting.
            f"{LABEL_DOMAIN}/accelerator": "nvidia",
        }

    @property
    def node_selector(self) -> dict[str, str]:
        """What a pod that wants this pool selects, however its nodes are bought."""
        return {self.label: self.name}


__all__ = [
    "CAPACITY_LABEL",
    "GPU_PRESENT",
    "GPU_RESOURCE",
    "GPU_TAINT",
    "POOL_LABEL",
    "PURPOSE_LABEL",
    "Capacity",
    "GpuPoolSpec",
    "Purpose",
]
