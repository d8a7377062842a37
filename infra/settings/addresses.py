"""Addresses in a stack file: private networks, URLs, names of roles."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, ip_address
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

from pydantic import BeforeValidator, Field, PlainSerializer, PlainValidator, WithJsonSchema

from infra.settings.quantities import Allowed
from training.allowed import refuse as refuse

PRIVATE = tuple(IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
"""The private ranges of RFC 1918."""
SHARED = IPv4Network("100.64.0.0/10")
"""The shared range of RFC 6598: EKS accepts it for pods and services, and it is never routed."""
LINK_LOCAL = IPv4Network("169.254.0.0/16")
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


def parse_network(value: Any) -> IPv4Network:
    """Read a CIDR written as its network address, e.g. ``10.20.0.0/16``.

    Raises:
        PydanticCustomError: the text is no IPv4 network, or has host bits set.
    """
    if isinstance(value, IPv4Network):
        return value
    if not isinstance(value, str) or "/" not in value:
        raise refuse("allowed is an IPv4 network such as 10.20.0.0/16")
    try:
        network = IPv4Network(value, strict=False)
    except ValueError:
        raise refuse("allowed is an IPv4 network such as 10.20.0.0/16") from None
    if str(network) != value:
        raise refuse(f"allowed is the network's own address: write {network}")
    return network


def _private(value: Any) -> IPv4Network:
    network = parse_network(value)
    if not any(network.subnet_of(allowed) for allowed in (*PRIVATE, SHARED)):
        raise refuse(
            "allowed are the private ranges 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 and 100.64.0.0/10: "
            "choose a network inside one of them"
        )
    return network


def _inside(value: Any) -> IPv4Network:
    network = parse_network(value)
    if network.prefixlen != 30 or not network.subnet_of(LINK_LOCAL) or network in RESERVED_INSIDE:
        raise refuse(
            "allowed is a /30 of 169.254.0.0/16 that AWS does not keep for itself, such as 169.254.60.0/30"
        )
    return network


_CIDR = (
    PlainSerializer(str, return_type=str),
    WithJsonSchema(
        {"type": "string", "pattern": r"^(\d{1,3}\.){3}\d{1,3}/\d{1,2}$", "examples": ["10.20.0.0/16"]}
    ),
)
PrivateCidr = Annotated[
    IPv4Network, PlainValidator(_private), *_CIDR, Allowed("a private IPv4 network such as 10.20.0.0/16")
]
Cidr = Annotated[IPv4Network, PlainValidator(parse_network), *_CIDR, Allowed("an IPv4 network")]
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


Address = Annotated[
    IPv4Address,
    PlainValidator(_address),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "format": "ipv4"}),
    Allowed("an IPv4 address"),
]


def is_loopback(url: str) -> bool:
    """Whether a URL can only reach this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _http_url(value: Any) -> str:
    if not isinstance(value, str):
        raise refuse("allowed is a URL such as https://keystone.example.org:5000/v3")
    try:
        parts = urlsplit(value)
        ok = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        ok = False
    if not ok:
        raise refuse("allowed is a URL such as https://keystone.example.org:5000/v3")
    if parts.username or parts.password:
        raise refuse("allowed is a URL without a user name or password in it")
    return value


HttpUrl = Annotated[
    str,
    BeforeValidator(_http_url),
    Field(json_schema_extra={"pattern": "^https?://[^/@]+"}),
    Allowed("an http:// or https:// URL without credentials"),
]


def orders_url(value: Any) -> str:
    """Read where the raw orders are: ``s3://BUCKET/PREFIX/``, ``file:///FOLDER/``, or a PostgreSQL database.

    Raises:
        PydanticCustomError: another scheme, no bucket, no slash at the end, no table, or a user in the URL,
            whose name and password belong into the secret.
    """
    parts = urlsplit(value) if isinstance(value, str) else urlsplit("")
    s3 = parts.scheme == "s3" and bool(parts.netloc) and "@" not in parts.netloc
    folder = parts.scheme == "file" and not parts.netloc and parts.path.startswith("/")
    if parts.scheme == "postgresql+psycopg":
        if (
            parts.hostname
            and "@" not in parts.netloc
            and parts.path.strip("/")
            and "table" in parse_qs(parts.query)
        ):
            return str(value)
        raise refuse(
            "a database is postgresql+psycopg://HOST/DATABASE?table=NAME; user and password are the "
            "orders_access_key_id and orders_secret_access_key of the secret"
        )
    if not (s3 or folder) or not parts.path.endswith("/"):
        raise refuse(
            "allowed is s3://BUCKET/PREFIX/ or file:///FOLDER/, with a slash at the end, "
            "or postgresql+psycopg://HOST/DATABASE?table=NAME"
        )
    return str(value)
