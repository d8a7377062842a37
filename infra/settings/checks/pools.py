"""GPU pools must have room, and what trains or serves must find its pool on the right site."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from infra.settings.aws import AwsPool
from infra.settings.errors import Problem
from infra.settings.model import Settings
from infra.settings.openstack import OpenStackPool

Pools = Mapping[str, AwsPool] | Mapping[str, OpenStackPool]


def _sizes(site: str, pools: Pools) -> Iterator[Problem]:
    for name, pool in pools.items():
        path = f"{site}.gpu_pools.{name}.max"
        if pool.max == 0:
            yield Problem(
                path,
                f"is 0 with min {pool.min}: such a pool never has a node; set max to at least 1 or remove it",
            )
        elif pool.min > pool.max:
            yield Problem(path, f"is {pool.max}, less than min {pool.min}; set max to at least {pool.min}")


def _named(path: str, wanted: str, site: str, pools: Pools, purpose: str) -> Iterator[Problem]:
    pool = pools.get(wanted)
    if pool is None:
        there = f"there are {', '.join(pools)}" if pools else "there is none"
        yield Problem(
            path, f"is {wanted}, which {site}.gpu_pools does not have ({there}): name one of them or add it"
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
    yield from _sizes("aws", aws)
    yield from _sizes("openstack", openstack)
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
            there: Pools = aws if site == "aws" else openstack
            yield from _named("serving.pool", serving.pool, site, there, "serving")
