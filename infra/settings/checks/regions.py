"""The AWS region must exist, in the partition that the estate is written for, and have the zones."""

from __future__ import annotations

from collections.abc import Iterator

from infra.settings.catalogue import closest, partitions, zones
from infra.settings.model import Settings
from isthmus.settings.errors import Problem

FILE = "infra/settings/catalogue/regions.yaml"


def regions(settings: Settings) -> Iterator[Problem]:
    """Problems with the region and the availability zones."""
    aws, known = settings.aws, zones()
    region, known_zones = aws.region, known.get(aws.region)
    if known_zones is None:
        yield _unknown(region, ", ".join(closest(region, list(known))))
        return
    for index, zone in enumerate(aws.network.zones):
        path = f"aws.network.zones[{index}]"
        if zone[:-1] != region:
            yield Problem(path, f"is {zone}; allowed are zones of aws.region {region}, such as {region}a")
        elif zone not in known_zones:
            yield Problem(
                path,
                f"is {zone}, which {FILE} does not list; {region} has {', '.join(known_zones)}: "
                "name one of them",
            )


def _unknown(region: str, near: str) -> Problem:
    if region in partitions():
        partition, name = partitions()[region]
        return Problem(
            "aws.region",
            f"is {region}, of {name} (partition {partition}); ARNs, service names and endpoints of the "
            f"estate are those of the partition aws: choose a region of it such as {near}",
        )
    return Problem(
        "aws.region",
        f"is {region}, which {FILE} does not list; the closest there are {near}: "
        "write one of them or add a row",
    )
