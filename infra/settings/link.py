"""The link: two IPsec tunnels between the sites, every option equal on both halves."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from infra.settings.addresses import InsideCidr, PublicAddress, parse_network
from infra.settings.quantities import Asn, PrivateAsn
from isthmus.settings.annotations import Unit
from isthmus.settings.section import Section

Encryption = Literal["aes128", "aes256"]
Integrity = Literal["sha256", "sha384", "sha512"]
DhGroup = Literal[14, 15, 16, 17, 18, 19, 20, 21]


class Ike(Section):
    """IKE, phase 1: how the two gateways prove who they are."""

    version: Literal["ikev2"] = "ikev2"
    """IKE version; IKEv1 is not offered."""
    encryption: Encryption = "aes256"
    """Cipher."""
    integrity: Integrity = "sha256"
    """Hash of the integrity check and the PRF."""
    dh_group: DhGroup = 14
    """Diffie-Hellman group; 14 (2048 bit) is the strongest that every Neutron VPNaaS knows."""
    lifetime_seconds: Annotated[int, Unit("seconds"), Field(ge=900, le=28800)] = 28800
    """Age at which the key exchange is renewed."""


class Esp(Section):
    """ESP, phase 2: how the packets are protected."""

    encryption: Encryption = "aes256"
    """Cipher."""
    integrity: Integrity = "sha256"
    """Hash of the integrity check."""
    pfs_group: DhGroup = 14
    """Diffie-Hellman group of perfect forward secrecy."""
    lifetime_seconds: Annotated[int, Unit("seconds"), Field(ge=900, le=3600)] = 3600
    """Age at which the packet keys are renewed; shorter than that of IKE."""


class DeadPeerDetection(Section):
    """Dead peer detection."""

    action: Literal["restart", "clear"] = "restart"
    """What a gateway does when the other is silent: dial again, or wait to be dialled."""
    interval_seconds: Annotated[int, Unit("seconds"), Field(ge=1, le=3600)] = 10
    """Time between two probes of the private gateway; shorter than the time-out."""
    timeout_seconds: Annotated[int, Unit("seconds"), Field(ge=30, le=3600)] = 30
    """Silence after which the peer counts as dead."""


class LinkSettings(Section):
    """The link between the sites."""

    enabled: bool = True
    """Whether the sites are linked."""
    gateway: Literal["vpn_gateway", "transit_gateway"] = "vpn_gateway"
    """Where the tunnels end in AWS: at the VPC itself, or at a transit gateway that can join more VPCs."""
    gateway_address: PublicAddress | None = None
    """Public address of the private gateway; absent: the address that Neutron VPNaaS gets."""
    routing: Literal["static", "bgp"] = "static"
    """How each side learns the other's networks; the private half is Neutron VPNaaS, which speaks no BGP, so
    only ``static`` is built."""
    asn: Asn = 65010
    """BGP number of the private site (the customer gateway)."""
    aws_asn: PrivateAsn = 64512
    """BGP number of the AWS site."""
    inside_cidrs: tuple[InsideCidr, InsideCidr] = (
        parse_network("169.254.60.0/30"),
        parse_network("169.254.60.4/30"),
    )
    """Inside addresses of the two tunnels, in this order."""
    ike: Ike = Ike()
    """Phase 1."""
    esp: Esp = Esp()
    """Phase 2."""
    dpd: DeadPeerDetection = DeadPeerDetection()
    """Dead peer detection."""
    initiator: Literal["openstack", "aws"] = "openstack"
    """The side that dials; the other only answers, so that no two exchanges race."""
    mtu_bytes: Annotated[int, Unit("bytes"), Field(ge=576, le=1446)] = 1400
    """Largest packet inside a tunnel."""
    logs: bool = True
    """Write the tunnels' activity to CloudWatch Logs."""
