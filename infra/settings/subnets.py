"""Carve a VPC's subnets from its one network: pure arithmetic, the same answer every time."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network

PRIVATE_PREFIX = 20
SMALL_PREFIX = 24


@dataclass(frozen=True)
class ZoneSubnets:
    """The three subnets of one availability zone."""

    zone: str
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


def carve(cidr: IPv4Network, zones: tuple[str, ...]) -> tuple[ZoneSubnets, ...]:
    """Cut a public /24, a private /20 and an intra /24 for each zone, none overlapping another.

    The first /20 holds the /24s: public ones from its start, intra ones from its middle. Zone i has
    the (i+1)-th /20. So adding a zone at the end moves no subnet that is there already.

    Args:
        cidr: the VPC's network, at least a /18 for two or three zones, /17 for up to six.
        zones: names of the availability zones, in order.

    Raises:
        ValueError: the zones do not fit.
    """
    if len(zones) > room(cidr):
        raise ValueError(f"{cidr} has room for {room(cidr)} zones, not for {len(zones)}")
    blocks = cidr.subnets(new_prefix=PRIVATE_PREFIX)
    small = tuple(next(blocks).subnets(new_prefix=SMALL_PREFIX))
    half = len(small) // 2
    return tuple(
        ZoneSubnets(zone=zone, public=small[index], private=private, intra=small[half + index])
        for index, (zone, private) in enumerate(zip(zones, blocks, strict=False))
    )
