"""Whether every zone has the instance types."""

from __future__ import annotations

from collections.abc import Iterator

from infra.doctor.clouds import Clouds
from infra.settings import Settings
from isthmus.settings.errors import Problem


def named(settings: Settings) -> dict[str, str]:
    """Instance types by the key that names them."""
    aws = settings.aws
    pools = {f"aws.gpu_pools.{name}": pool.instance_type for name, pool in aws.gpu_pools.items()}
    pools |= {f"aws.cpu_pools.{name}": pool.instance_type for name, pool in aws.cpu_pools.items()}
    return {"aws.cluster.system_nodes": settings.aws.cluster.system_nodes.instance_type, **pools}


def offerings(settings: Settings, clouds: Clouds) -> Iterator[Problem]:
    """A node group spans the private subnets of all zones."""
    wanted, zones = named(settings), settings.aws.network.zones
    pages = (
        clouds.aws("ec2")
        .get_paginator("describe_instance_type_offerings")
        .paginate(
            LocationType="availability-zone",
            Filters=[{"Name": "instance-type", "Values": sorted({*wanted.values()})}],
        )
    )
    offered = {
        (each["InstanceType"], each["Location"]) for page in pages for each in page["InstanceTypeOfferings"]
    }
    for key, kind in wanted.items():
        absent = [zone for zone in zones if (kind, zone) not in offered]
        if absent:
            yield Problem(
                f"{key}.instance_type",
                f"is {kind}, which {', '.join(absent)} does not offer: choose another type, or leave the "
                "zone out of aws.network.zones",
            )


__all__ = ["named", "offerings"]
