"""GPU pools must have room, and what trains or serves must find its pool on the right site."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from infra.settings.aws import AwsCpuPool, AwsPool
from infra.settings.model import Settings
from infra.settings.openstack import SCALED_WORKERS, OpenStackPool
from isthmus.settings.errors import Problem

MAGNUM_GROUPS = frozenset({"default-master", "default-worker"})
"""Magnum user guide, "Node groups": the names of those that it makes itself."""
Pools = Mapping[str, AwsPool] | Mapping[str, OpenStackPool]


def _sizes(key: str, pools: Pools | Mapping[str, AwsCpuPool]) -> Iterator[Problem]:
    for name, pool in pools.items():
        path = f"{key}.{name}.max"
        if pool.max == 0:
            yield Problem(
                path,
                f"is 0 with min {pool.min}: such a pool never has a node; set max to at least 1 or remove it",
            )
        elif pool.min > pool.max:
            yield Problem(path, f"is {pool.max}, less than min {pool.min}; set max to at least {pool.min}")


def _made_of(gpu_pools: Mapping[str, AwsPool], cpu_pools: Mapping[str, AwsCpuPool]) -> Iterator[Problem]:
    """A pool of two capacities makes two groups of nodes, each with its own name (``infra.aws.gpu_pool``)."""
    for name in gpu_pools.keys() & cpu_pools.keys():
        yield Problem(
            f"aws.cpu_pools.{name}",
            f"has the name of aws.gpu_pools.{name}, and pods find a pool by its name: call one of the two "
            "otherwise",
        )
    keys = {name: f"aws.gpu_pools.{name}" for name in gpu_pools}
    keys = {name: f"aws.cpu_pools.{name}" for name in cpu_pools} | keys
    capacities = {name: pool.capacity for pools in (cpu_pools, gpu_pools) for name, pool in pools.items()}
    for name, capacity in capacities.items():
        if capacity != "spot_with_fallback":
            continue
        for taken in (f"{name}-spot", f"{name}-on-demand"):
            if taken in keys:
                yield Problem(
                    keys[taken],
                    f"has the name that {keys[name]}, which is spot_with_fallback, gives to some of "
                    "its nodes: call one of the two otherwise",
                )


def _of_karpenter(pools: Mapping[str, AwsPool]) -> Iterator[Problem]:
    """Karpenter has nodes for pods that wait, and for nobody else."""
    for name, pool in pools.items():
        if pool.nodes == "karpenter" and pool.min > 0:
            yield Problem(
                f"aws.gpu_pools.{name}.min",
                f"is {pool.min}, and nodes is karpenter, which keeps none that is empty: write 0, or set "
                "nodes to managed",
            )


def _of_magnum(pools: Mapping[str, OpenStackPool]) -> Iterator[Problem]:
    for name in pools:
        if name in MAGNUM_GROUPS:
            yield Problem(
                f"openstack.gpu_pools.{name}",
                "has the name of a node group that Magnum makes in every cluster: call it otherwise",
            )
        elif name == SCALED_WORKERS:
            yield Problem(
                f"openstack.gpu_pools.{name}",
                "has the name of the node group that grows between openstack.cluster.nodes.min and max: "
                "call it otherwise",
            )


def _room(settings: Settings) -> Iterator[Problem]:
    """A server takes all GPUs of a node, so a pool has room for as many as it has nodes.

    A rollout begins with one server more and ends none before it is ready (``serving.components.triton``; in
    Kubernetes' API reference RollingUpdateDeployment, ``maxSurge``; 2026-11-28).
    """
    serving = settings.serving
    if not serving.enabled or serving.pool is None:
        return
    for site in serving.sites:
        pools: Pools = settings.aws.gpu_pools if site == "aws" else settings.openstack.gpu_pools
        pool = pools.get(serving.pool)
        if pool is None or pool.max == 0:
            continue
        least, most = serving.replicas.min, serving.replicas.max
        key = f"{site}.gpu_pools.{serving.pool}.max"
        if pool.max < least:
            yield Problem(
                "serving.replicas.min",
                f"is {least}, more than the {pool.max} nodes that {key} allows, and each replica takes a "
                "node: lower one or raise the other",
            )
        elif pool.max <= most:
            yield Problem(
                "serving.replicas.max",
                f"is {most}, and {key} is {pool.max}: each replica takes a node, and a rollout begins with "
                f"one more, which would wait for ever; lower one or set the other to at least {most + 1}",
            )


def _named(path: str, wanted: str, site: str, pools: Pools, purpose: str) -> Iterator[Problem]:
    pool = pools.get(wanted)
    if pool is None:
        listed = f"there are {', '.join(pools)}" if pools else "there is none"
        yield Problem(
            path, f"is {wanted}, which {site}.gpu_pools does not have ({listed}): name one of them or add it"
        )
    elif pool.purpose != purpose:
        yield Problem(
            path,
            f"is {wanted}, but {site}.gpu_pools.{wanted}.purpose is {pool.purpose}, so its nodes refuse such "
            f"pods: name a pool with purpose {purpose}",
        )


def pools(settings: Settings) -> Iterator[Problem]:
    """Problems with GPU pools and with those who name them."""
    aws, openstack = settings.aws.gpu_pools, settings.openstack.gpu_pools
    yield from _sizes("aws.gpu_pools", aws)
    yield from _sizes("aws.cpu_pools", settings.aws.cpu_pools)
    yield from _sizes("openstack.gpu_pools", openstack)
    yield from _made_of(aws, settings.aws.cpu_pools)
    yield from _of_karpenter(aws)
    yield from _of_magnum(openstack)
    yield from _room(settings)
    training, serving = settings.training, settings.serving
    if training.pool is not None:
        yield from _named("training.pool", training.pool, "aws", aws, "training")
        pool = aws.get(training.pool)
        if pool is not None and 0 < pool.max < training.workers:
            yield Problem(
                "training.workers",
                f"is {training.workers}, more than the {pool.max} nodes that "
                f"aws.gpu_pools.{training.pool}.max allows, and each worker takes a node: "
                "lower one or raise the other",
            )
    if serving.pool is not None:
        for site in serving.sites:
            pools_of_site: Pools = aws if site == "aws" else openstack
            yield from _named("serving.pool", serving.pool, site, pools_of_site, "serving")
