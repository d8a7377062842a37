"""The link: IPsec tunnels between the sites, every option equal on both halves."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from infra.settings.addresses import InsideCidr, PublicAddress, parse_network
from infra.settings.openstack import Flavour, Label
from infra.settings.quantities import Asn, PrivateAsn
from isthmus.settings.annotations import Allowed, Unit
from isthmus.settings.section import Section

Encryption = Literal["aes128", "aes256"]
Integrity = Literal["sha256", "sha384", "sha512"]
DhGroup = Literal[14, 15, 16, 17, 18, 19, 20, 21]
Generation = Annotated[int, Field(ge=1, le=9999)]
TopicArn = Annotated[
    str,
    Field(pattern=r"^arn:aws:sns:[a-z]{2}(-[a-z]+)+-[0-9]:[0-9]{12}:[A-Za-z0-9_-]{1,256}$"),
    Allowed("the ARN of an SNS topic, such as arn:aws:sns:eu-west-1:111111111111:on-call"),
]


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
    """Dead peer detection; after it the side that dials dials again, and the other waits."""

    interval_seconds: Annotated[int, Unit("seconds"), Field(ge=1, le=3600)] = 10
    """Time between two probes of the private gateway; shorter than the time-out."""
    timeout_seconds: Annotated[int, Unit("seconds"), Field(ge=30, le=3600)] = 30
    """Silence after which the peer counts as dead."""


class GatewayServers(Section):
    """The two gateway servers of the private site."""

    image: Label = "debian-12"
    """Name of a Glance image with cloud-init, systemd-networkd and apt: Debian 12 or Ubuntu 24.04."""
    flavor: Flavour = "m1.medium"
    """Flavour of each."""


class LinkSettings(Section):
    """The link between the sites."""

    enabled: bool = True
    """Whether the sites are linked."""
    gateway: Literal["vpn_gateway", "transit_gateway"] = "vpn_gateway"
    """Where the tunnels end in AWS: at the VPC itself, or at a transit gateway that can join more VPCs."""
    private_gateway: Literal["instances", "vpnaas"] = "instances"
    """Where they end in the private site: at two servers of the estate's own, each with a connection of two
    tunnels and BGP; or at Neutron VPNaaS, which is one tunnel with static routes and **not redundant**."""
    servers: GatewayServers = GatewayServers()
    """The two servers of ``private_gateway: instances``."""
    gateway_address: PublicAddress | None = None
    """Public address that AWS sees of Neutron VPNaaS; absent: that of its router. Servers have floating
    addresses of their own."""
    asn: Asn = 65010
    """BGP number of the private site (the customer gateway)."""
    aws_asn: PrivateAsn = 64512
    """BGP number of the AWS site."""
    inside_cidrs: tuple[InsideCidr, InsideCidr, InsideCidr, InsideCidr] = (
        parse_network("169.254.60.0/30"),
        parse_network("169.254.60.4/30"),
        parse_network("169.254.60.8/30"),
        parse_network("169.254.60.12/30"),
    )
    """Inside addresses of the tunnels, in this order: two of the first server, two of the second. Neutron
    VPNaaS has one connection, with the first two."""
    ike: Ike = Ike()
    """Phase 1."""
    esp: Esp = Esp()
    """Phase 2."""
    dpd: DeadPeerDetection = DeadPeerDetection()
    """Dead peer detection."""
    key_generations: tuple[Generation, Generation, Generation, Generation] | None = None
    """Which pre-shared key each tunnel has, in the order of ``inside_cidrs``: keys of your own, kept in
    Secrets Manager and in Barbican, made by `isthmus link keys` and renewed by `isthmus link rotate`.
    Absent: AWS makes them, and renews none. Neutron VPNaaS has the first."""
    initiator: Literal["openstack", "aws"] = "openstack"
    """The side that dials, also after an outage; the other only answers, so that no two exchanges race.
    Neutron VPNaaS does not read it: it dials as soon as there is traffic."""
    data: Literal["link", "internet"] = "link"
    """The way of the private pods to S3 and STS: through the link, to addresses of the VPC and nowhere else,
    or over the internet, which costs no endpoints."""
    mtu_bytes: Annotated[int, Unit("bytes"), Field(ge=576, le=1446)] = 1400
    """Largest packet inside a tunnel. Neutron VPNaaS does not read it."""
    alarm_topics: Annotated[tuple[TopicArn, ...], Field(max_length=5)] = ()
    """SNS topics in the site's region that hear of a tunnel that is down, and of a link that is; none: the
    alarms only show."""
    logs: bool = True
    """Write the tunnels' activity to CloudWatch Logs."""
