"""The most that a namespace may ask for: its pools at their largest, and what waits beside these.

A pod that waits for a node counts as one that runs. Without room for it the API server refuses it, and a
rollout at full size, or a study beside a training, would stand still without a pod that says why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from infra.gpu_pool import GpuPoolSpec, Purpose
from infra.in_cluster.namespace import Quota
from infra.settings import Settings
from infra.settings.catalogue import Machine
from infra.settings.serving import Site

BASE = Quota(cpus=64, memory_gib=256, gpus=0, pods=100)
"""What a namespace may ask for without any pool: work on the cluster's other nodes."""
NOTHING = Quota(cpus=0, memory_gib=0, gpus=0, pods=0)
POD_CPUS, POD_MEMORY_GIB = 1, 2
"""At least what one pod of a training or of Triton asks for."""

Beside: TypeAlias = Mapping[str | None, int]
"""Pods that may stand beside those that fill a pool, by its name; None is on the other nodes."""


def beside(site: Site, settings: Settings) -> dict[Purpose, Beside]:
    """What may stand beside one training and one service at full size."""
    training, serving = settings.training, settings.serving
    found: dict[Purpose, Counter[str | None]] = {"training": Counter(), "serving": Counter()}
    if site == "aws" and training.enabled:
        if training.tuning.enabled:
            found["training"][training.pool] += training.tuning.parallel
        if training.retrain.enabled:
            found["training"][training.pool] += training.workers
    if serving.enabled and site in serving.sites:
        # The one pod by which a rollout surges (serving.components.triton), and those that it ends: each
        # counts until it is gone, and the next one is made before (kubernetes/kubernetes@v1.36.3,
        # pkg/quota/v1/evaluator/core/pods.go, QuotaV1Pod, where only what is overdue is left out; read
        # 2026-11-28). Seen in a rollout of prod: "exceeded quota" for a replica in the middle of it.
        found["serving"][serving.pool] += 1 + serving.replicas.max
        if serving.front.enabled:
            # They run on the other nodes, all and the one by which a rollout surges, and those that it ends.
            found["serving"][None] += 1 + 2 * serving.front.replicas.max
    return {purpose: dict(counts) for purpose, counts in found.items()}


def executors(site: Site, settings: Settings) -> Quota:
    """What the executors of the data stage ask for at most: all of them, and as many that are being ended."""
    training, each = settings.training, settings.training.data.executors
    if site != "aws" or not training.enabled or not training.data.job or training.engine != "spark":
        return NOTHING
    most = 2 * each.count
    return Quota(cpus=most * each.cpus, memory_gib=-(-most * each.memory // 1024), gpus=0, pods=most)


def quota(
    pools: Iterable[GpuPoolSpec],
    purpose: Purpose,
    machines: Mapping[str, Machine],
    more: Beside,
    fronts: bool = False,
    own: Quota = NOTHING,
) -> Quota:
    """BASE, all that the pools of this purpose have at their largest, the pods beside them, and ``own``.

    ``fronts``: whether a load balancer stands in the namespace.
    """
    of_purpose = {pool.name: pool for pool in pools if pool.purpose == purpose}
    chosen = [(pool.max, machines[pool.hardware]) for pool in of_purpose.values()]
    waiting = sum(more.values())
    return Quota(
        cpus=BASE.cpus
        + own.cpus
        + sum(count * machine.vcpus for count, machine in chosen)
        + waiting * POD_CPUS,
        memory_gib=BASE.memory_gib
        + own.memory_gib
        + round(sum(count * machine.memory_gib for count, machine in chosen))
        + waiting * POD_MEMORY_GIB,
        gpus=sum(count * machine.gpus for count, machine in chosen)
        + sum(count * machines[of_purpose[pool].hardware].gpus for pool, count in more.items() if pool),
        pods=BASE.pods + own.pods + waiting,
        load_balancers=int(fronts),
    )


__all__ = ["BASE", "NOTHING", "Beside", "beside", "executors", "quota"]
