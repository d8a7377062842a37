"""The two namespaces of every cluster, as large as the site's pools allow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import pulumi

from infra.gpu_pool import GpuPoolSpec, Purpose
from infra.in_cluster.namespace import Namespace, Quota
from infra.in_cluster.network_policies import Doors
from infra.settings.catalogue import Machine
from infra.settings.urls import DATABASE, port

TRAINING: Final = "training"
SERVING: Final = "serving"

BASE = Quota(cpus=64, memory_gib=256, gpus=0, pods=100)
"""What a namespace may ask for without any pool: work on the cluster's other nodes."""


def quota(pools: Iterable[GpuPoolSpec], purpose: Purpose, machines: Mapping[str, Machine]) -> Quota:
    """BASE and all that the pools of this purpose have at their largest."""
    mine = [(pool.max, machines[pool.hardware]) for pool in pools if pool.purpose == purpose]
    return Quota(
        cpus=BASE.cpus + sum(count * machine.vcpus for count, machine in mine),
        memory_gib=BASE.memory_gib + round(sum(count * machine.memory_gib for count, machine in mine)),
        gpus=sum(count * machine.gpus for count, machine in mine),
        pods=BASE.pods,
    )


def https_ports(*urls: str | None) -> tuple[int, ...]:
    """443 and the ports of these URLs; ones without a port have their scheme's."""
    return tuple(sorted({443, *(port(url) for url in urls if url is not None)}))


def database_ports(*urls: str | None) -> tuple[int, ...]:
    """The ports of those URLs that are of databases."""
    return tuple(sorted({port(url) for url in urls if url is not None and url.startswith(DATABASE)}))


class Namespaces(pulumi.ComponentResource):
    """``training`` and ``serving`` in one cluster; ``opts.provider`` is its Kubernetes provider.

    Both reach the ``store_ports``; databases are asked by the pods of ``training`` only.
    """

    training: pulumi.Output[str]
    serving: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        pools: Iterable[GpuPoolSpec],
        machines: Mapping[str, Machine],
        store_ports: tuple[int, ...],
        database_ports: tuple[int, ...],
        pod_identity: bool,
        cluster_id: pulumi.Input[str],
        labels: Mapping[str, str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("isthmus:in-cluster:Namespaces", name, None, opts)
        pools = tuple(pools)

        def namespace(purpose: Purpose, ports: tuple[int, ...], *, peers: bool) -> pulumi.Output[str]:
            return Namespace(
                f"{name}-{purpose}",
                namespace=purpose,
                quota=quota(pools, purpose, machines),
                doors=Doors(https_ports=ports, pod_identity=pod_identity, peers=peers),
                labels=labels,
                cluster_id=cluster_id,
                opts=pulumi.ResourceOptions(parent=self),
            ).namespace

        self.training = namespace(TRAINING, (*store_ports, *database_ports), peers=True)
        self.serving = namespace(SERVING, store_ports, peers=False)
        self.register_outputs({"training": self.training, "serving": self.serving})


__all__ = ["SERVING", "TRAINING", "Namespaces", "database_ports", "https_ports", "quota"]
