"""The two namespaces of every cluster."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import pulumi

from infra.gpu_pool import GpuPoolSpec, Purpose
from infra.in_cluster.namespace import Namespace, Quota
from infra.in_cluster.network_policies import AllowedTraffic
from infra.in_cluster.quotas import NOTHING, Beside, quota
from infra.settings.catalogue import Machine

TRAINING: Final = "training"
SERVING: Final = "serving"


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
        beside: Mapping[Purpose, Beside],
        allowed: Mapping[Purpose, AllowedTraffic],
        cluster_id: pulumi.Input[str],
        labels: Mapping[str, str],
        fronts: bool = False,
        executors: Quota = NOTHING,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("isthmus:in-cluster:Namespaces", name, None, opts)
        pools = tuple(pools)

        def namespace(purpose: Purpose) -> pulumi.Output[str]:
            return Namespace(
                f"{name}-{purpose}",
                namespace=purpose,
                quota=quota(
                    pools,
                    purpose,
                    machines,
                    beside[purpose],
                    fronts and purpose == SERVING,
                    executors if purpose == TRAINING else NOTHING,
                ),
                allowed=allowed[purpose],
                labels=labels,
                cluster_id=cluster_id,
                opts=pulumi.ResourceOptions(parent=self),
            ).namespace

        self.training, self.serving = namespace(TRAINING), namespace(SERVING)
        self.register_outputs({"training": self.training, "serving": self.serving})


__all__ = ["SERVING", "TRAINING", "Namespaces"]
