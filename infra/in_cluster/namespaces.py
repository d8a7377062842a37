"""The two namespaces of every cluster, as large as the site's pools allow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import pulumi

from infra.gpu_pool import GpuPoolSpec, Purpose
from infra.in_cluster.namespace import Namespace, Quota
from infra.in_cluster.network_policies import AllowedTraffic
from infra.settings.catalogue import Machine

TRAINING: Final = "training"
SERVING: Final = "serving"

BASE = Quota(cpus=64, memory_gib=256, gpus=0, pods=100)
"""What a namespace may ask for without any pool: work on the cluster's other nodes."""


def quota(pools: Iterable[GpuPoolSpec], purpose: Purpose, machines: Mapping[str, Machine]) -> Quota:
    """BASE and all that the pools of this purpose have at their largest."""
    chosen = [(pool.max, machines[pool.hardware]) for pool in pools if pool.purpose == purpose]
    return Quota(
        cpus=BASE.cpus + sum(count * machine.vcpus for count, machine in chosen),
        memory_gib=BASE.memory_gib + round(sum(count * machine.memory_gib for count, machine in chosen)),
        gpus=sum(count * machine.gpus for count, machine in chosen),
        pods=BASE.pods,
    )


class Namespaces(pulumi.ComponentResource):
    """``training`` and ``serving`` in one cluster; ``opts.provider`` is its Kubernetes provider."""

    training: pulumi.Output[str]
    serving: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        pools: Iterable[GpuPoolSpec],
        machines: Mapping[str, Machine],
        allowed: Mapping[Purpose, AllowedTraffic],
        cluster_id: pulumi.Input[str],
        labels: Mapping[str, str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("isthmus:in-cluster:Namespaces", name, None, opts)
        pools = tuple(pools)

        def namespace(purpose: Purpose) -> pulumi.Output[str]:
            return Namespace(
                f"{name}-{purpose}",
                namespace=purpose,
                quota=quota(pools, purpose, machines),
                allowed=allowed[purpose],
                labels=labels,
                cluster_id=cluster_id,
                opts=pulumi.ResourceOptions(parent=self),
            ).namespace

        self.training, self.serving = namespace(TRAINING), namespace(SERVING)
        self.register_outputs({"training": self.training, "serving": self.serving})


__all__ = ["SERVING", "TRAINING", "Namespaces", "quota"]
