"""What the settings say of the private half's two servers: all that is known before a cloud is asked."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Final

from infra.link.vocabulary import StrongSwanTunnel, strongswan
from infra.settings.link import LinkSettings

BGP_KEEPALIVE: Final = 2
BGP_HOLD: Final = 6
"""Seconds. The lower hold time of the two peers holds for both (RFC 4271, 4.2, where 3 s are the least; FRR,
``timers bgp``, as FRR 8.4.4 took it in a trial on 2026-11-28). AWS offers 30 s. That it keeps to the lower
one was never tried against AWS; where it does not, its own half of a fail-over takes up to 30 s."""
PRIORITIES: Final = (110, 100)


@dataclass(frozen=True)
class InsideEnds:
    """The addresses inside a tunnel: of a /30 AWS has the first, the customer gateway the second.

    https://docs.aws.amazon.com/vpn/latest/s2svpn/VPNTunnels.html (read 2026-11-28).
    """

    aws: str
    private: str
    prefix: int

    @classmethod
    def of(cls, inside: IPv4Network) -> InsideEnds:
        """The ends of an inside network."""
        aws, private = inside.hosts()
        return cls(str(aws), str(private), inside.prefixlen)


@dataclass(frozen=True)
class ServerSpec:
    """One of the two servers, both tunnels of which are told the same options."""

    number: int
    options: StrongSwanTunnel
    insides: tuple[InsideEnds, InsideEnds]
    asn: int
    aws_asn: int
    mtu: int
    private_cidr: str
    aws_cidr: str

    @property
    def priority(self) -> int:
        """Of VRRP: the first server has the virtual address while it has a tunnel."""
        return PRIORITIES[self.number - 1]


def servers(settings: LinkSettings, private_cidr: str, aws_cidr: str) -> tuple[ServerSpec, ServerSpec]:
    """Both servers of the private site."""
    first, second = (
        ServerSpec(
            number=number,
            options=strongswan(settings),
            insides=(InsideEnds.of(insides[0]), InsideEnds.of(insides[1])),
            asn=settings.asn,
            aws_asn=settings.aws_asn,
            mtu=settings.mtu_bytes,
            private_cidr=private_cidr,
            aws_cidr=aws_cidr,
        )
        for number, insides in enumerate((settings.inside_cidrs[:2], settings.inside_cidrs[2:]), start=1)
    )
    return first, second


__all__ = ["BGP_HOLD", "BGP_KEEPALIVE", "InsideEnds", "ServerSpec", "servers"]
