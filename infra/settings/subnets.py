"""Carve a VPC's subnets from its one network: pure arithmetic, the same answer every time."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from itertools import islice

PRIVATE_PREFIX = 20
SMALL_PREFIX = 24


@dataclass(frozen=True)
class ZoneSubnets:
    """The three subnets of one availability zone."""

    zone: str
    index: int
    """Which part of the network the zone has, from 0; it stays when other zones come or go."""
    public: IPv4Network
    """/24 for NAT gateways and load balancers."""
    private: IPv4Network
    """/20 for nodes and pods."""
    intra: IPv4Network
    """/24 without a way out, for control plane interfaces."""


def room(cidr: IPv4Network) -> int:
    """Zones that fit into a network: one /20 each, and the first /20 is cut into the /24s."""
    blocks = 1 << max(0, PRIVATE_PREFIX - cidr.prefixlen)
    return min(blocks - 1, 8) if cidr.prefixlen <= PRIVATE_PREFIX else 0


def places(count: int, zones: Collection[str], taken: Mapping[str, int] | None = None) -> dict[str, int]:
    """Which of ``count`` parts of a network each zone has, whatever the order of the zones.

    A zone keeps the part that it has. Another gets the one of its letter (``a`` the first), where that is
    there and free, and the lowest free one otherwise.

    Args:
        count: parts, at least as many as zones.
        zones: names of the availability zones.
        taken: parts of zones that stand already; those of zones that go are free again.
    """
    found: dict[str, int] = {}
    for zone in sorted(zones):
        part = (taken or {}).get(zone)
        if part is not None and part < count and part not in found.values():
            found[zone] = part
    free = [part for part in range(count) if part not in found.values()]
    waiting = [zone for zone in sorted(zones) if zone not in found]
    for zone in waiting:
        if (part := ord(zone[-1]) - ord("a")) in free:
            found[zone] = part
            free.remove(part)
    for zone in waiting:
        if zone not in found:
            found[zone] = free.pop(0)
    return found


def carve(
    cidr: IPv4Network, zones: tuple[str, ...], taken: Mapping[str, int] | None = None
) -> tuple[ZoneSubnets, ...]:
    """Cut a public /24, a private /20 and an intra /24 for each zone, none overlapping another.

    The first /20 holds the /24s: public ones from its start, intra ones from its middle. The zone with part i
    has the (i+1)-th /20. So no zone that comes or goes, and no other order, moves a subnet that stays.

    Args:
        cidr: the VPC's network, at least a /18 for two or three zones, /17 for up to six.
        zones: names of the availability zones.
        taken: parts that zones of a standing estate have (see ``places``).

    Raises:
        ValueError: the zones do not fit.
    """
    if len(zones) > room(cidr):
        raise ValueError(f"{cidr} has room for {room(cidr)} zones, not for {len(zones)}")
    found = places(room(cidr), zones, taken)
    blocks = tuple(islice(cidr.subnets(new_prefix=PRIVATE_PREFIX), room(cidr) + 1))
    small = tuple(blocks[0].subnets(new_prefix=SMALL_PREFIX))
    half = len(small) // 2
    return tuple(
        ZoneSubnets(
            zone=zone,
            index=found[zone],
            public=small[found[zone]],
            private=blocks[found[zone] + 1],
            intra=small[half + found[zone]],
        )
        for zone in zones
    )
