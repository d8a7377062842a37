"""Addresses and networks in a stack file."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from isthmus.settings.annotations import Allowed, refuse

PRIVATE = tuple(IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
"""The private ranges of RFC 1918."""
SHARED = IPv4Network("100.64.0.0/10")
"""The shared range of RFC 6598: EKS accepts it for pods and services, and it is never routed."""
LINK_LOCAL = IPv4Network("169.254.0.0/16")
DOCUMENTATION = tuple(IPv4Network(text) for text in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"))
"""Networks for examples (RFC 5737), which stand for public ones here as everywhere."""
RESERVED_INSIDE = tuple(
    IPv4Network(text)
    for text in (
        "169.254.0.0/30",
        "169.254.1.0/30",
        "169.254.2.0/30",
        "169.254.3.0/30",
        "169.254.4.0/30",
        "169.254.5.0/30",
        "169.254.169.252/30",
    )
)
"""Inside addresses that AWS keeps for itself (Site-to-Site VPN user guide, "Tunnel options")."""


def parse_network(value: Any, allowed: str = "an IPv4 network such as 10.20.0.0/16") -> IPv4Network:
    """Read a CIDR written as its network address, e.g. ``10.20.0.0/16``; ``allowed`` is what a refusal says.

    Raises:
        PydanticCustomError: the text is no IPv4 network, or has host bits set.
    """
    if isinstance(value, IPv4Network):
        return value
    if not isinstance(value, str) or "/" not in value:
        raise refuse(f"allowed is {allowed}")
    try:
        network = IPv4Network(value, strict=False)
    except ValueError:
        raise refuse(f"allowed is {allowed}") from None
    if str(network) != value:
        raise refuse(f"allowed is the network's own address: write {network}")
    return network


def _network(value: Any) -> IPv4Network:
    return parse_network(value)


def _private(value: Any) -> IPv4Network:
    network = parse_network(value)
    if not any(network.subnet_of(allowed) for allowed in (*PRIVATE, SHARED)):
        raise refuse(
            "allowed are the private ranges 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 and 100.64.0.0/10: "
            "choose a network inside one of them"
        )
    return network


def _inside(value: Any) -> IPv4Network:
    allowed = "a /30 of 169.254.0.0/16 that AWS does not keep for itself, such as 169.254.60.0/30"
    network = parse_network(value, allowed)
    if network.prefixlen != 30 or not network.subnet_of(LINK_LOCAL) or network in RESERVED_INSIDE:
        raise refuse(f"allowed is {allowed}")
    return network


_CIDR = (
    PlainSerializer(str, return_type=str),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^([0-9]{1,3}\.){3}[0-9]{1,3}/[0-9]{1,2}$",
            "examples": ["10.20.0.0/16"],
        }
    ),
)
PrivateCidr = Annotated[
    IPv4Network, PlainValidator(_private), *_CIDR, Allowed("a private IPv4 network such as 10.20.0.0/16")
]
Cidr = Annotated[IPv4Network, PlainValidator(_network), *_CIDR, Allowed("an IPv4 network")]
InsideCidr = Annotated[
    IPv4Network, PlainValidator(_inside), *_CIDR, Allowed("a /30 of 169.254.0.0/16 that AWS leaves free")
]


def _address(value: Any) -> IPv4Address:
    if isinstance(value, IPv4Address):
        return value
    try:
        if not isinstance(value, str):
            raise ValueError
        return IPv4Address(value)
    except ValueError:
        raise refuse("allowed is an IPv4 address such as 203.0.113.10") from None


def _no_host(address: IPv4Address) -> str:
    """Why nobody can be called at an address, wherever the caller is; empty: somebody can."""
    if address in IPv4Network("0.0.0.0/8"):
        return "an address of no machine"
    if address.is_loopback:
        return "a loopback address, which is the caller's own machine"
    if address.is_multicast:
        return "a multicast address"
    return "a reserved address" if address.is_reserved else ""


def _host(value: Any) -> IPv4Address:
    address = _address(value)
    if reason := _no_host(address):
        raise refuse(f"this is {reason}; allowed is the IPv4 address of a server such as 10.250.0.10")
    return address


def _public(value: Any) -> IPv4Address:
    address = _address(value)
    reason = _no_host(address)
    if not reason and not address.is_global and not any(address in net for net in DOCUMENTATION):
        reason = "a link-local address" if address in LINK_LOCAL else "a private address"
    if reason:
        raise refuse(
            f"this is {reason}, and AWS calls the gateway over the internet; "
            "allowed is a public IPv4 address such as 203.0.113.10"
        )
    return address


_ADDRESS = (
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "format": "ipv4"}),
)
HostAddress = Annotated[
    IPv4Address, PlainValidator(_host), *_ADDRESS, Allowed("an IPv4 address of a server such as 10.250.0.10")
]
PublicAddress = Annotated[
    IPv4Address, PlainValidator(_public), *_ADDRESS, Allowed("a public IPv4 address such as 203.0.113.10")
]
