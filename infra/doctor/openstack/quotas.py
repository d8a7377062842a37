"""Whether the project has room for the estate."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from infra.doctor.clouds import Clouds
from infra.doctor.openstack.services import LOCAL
from infra.settings import Settings
from infra.settings.catalogue import flavours
from isthmus.settings.errors import Problem

UNLIMITED = -1


def servers(settings: Settings) -> dict[str, int]:
    """How many servers of each flavour the estate has at most; those of a cluster count in the project."""
    cluster, link = settings.openstack.cluster, settings.link
    found: dict[str, int] = {}
    for flavour, count in (
        (cluster.master_flavor, cluster.masters),
        (cluster.node_flavor, cluster.nodes.max),
        *((pool.flavor, pool.max) for pool in settings.openstack.gpu_pools.values()),
        *([(link.servers.flavor, 2)] if _has_servers(settings) else []),
    ):
        found[flavour] = found.get(flavour, 0) + count
    return found


def quotas(settings: Settings, clouds: Clouds) -> Iterator[Problem]:
    """Servers, their vCPUs and memory; addresses and routers; volumes, where there is Cinder."""
    cloud, wanted, sizes = clouds.openstack(), servers(settings), flavours()
    limits = cloud.compute.get("/limits").json()["limits"]["absolute"]
    count = sum(wanted.values())
    needs = {
        "instances": (count, limits["maxTotalInstances"], limits["totalInstancesUsed"]),
        "cores": (
            sum(sizes[name].vcpus * each for name, each in wanted.items()),
            limits["maxTotalCores"],
            limits["totalCoresUsed"],
        ),
        "ram": (
            int(sum(sizes[name].memory_gib * each for name, each in wanted.items()) * 1024),
            limits["maxTotalRAMSize"],
            limits["totalRAMUsed"],
        ),
    }
    project = cloud.current_project_id
    details = cloud.network.get(f"/quotas/{project}/details.json").json()["quota"]
    floating = (2 if _has_servers(settings) else 0) + int(settings.openstack.cluster.floating_api)
    for kind, needed in {"network": 1, "subnet": 1, "router": 1, "floatingip": floating}.items():
        needs[kind] = (needed, details[kind]["limit"], details[kind]["used"])
    if settings.stack != LOCAL:
        volumes = cloud.block_storage.get("/limits").json()["limits"]["absolute"]
        size = settings.openstack.cluster.volume_gib
        needs["gigabytes"] = (count * size, volumes["maxTotalVolumeGigabytes"], volumes["totalGigabytesUsed"])
    if _stands(settings, cloud):
        return  # what it uses is the estate's own
    for kind, (needed, limit, used) in needs.items():
        if limit != UNLIMITED and limit - used < needed:
            yield Problem(
                f"quota {kind}",
                f"is {limit} with {used} used, and the estate takes {needed} at most: ask the operator for "
                f"more (`openstack quota set --{kind} {used + needed} PROJECT`), or lower the counts",
            )


def _has_servers(settings: Settings) -> bool:
    return settings.link.enabled and settings.link.private_gateway == "instances"


def _stands(settings: Settings, cloud: Any) -> bool:
    tag = f"environment={settings.stack}"
    return any(True for _ in cloud.network.networks(tags=tag))


__all__ = ["quotas", "servers"]
