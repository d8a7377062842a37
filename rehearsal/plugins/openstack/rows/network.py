"""Neutron: networks and subnets."""

from __future__ import annotations

from ipaddress import ip_address as parse_address
from ipaddress import ip_network
from typing import Annotated, Any

from pydantic import model_validator

from rehearsal.plugins.openstack.fields import (
    FORCES,
    MAYBE,
    SET,
    Address,
    Arguments,
    Cidr,
    DottedDomain,
    Flag,
    Id,
    Labels,
    Name,
    Text,
    Texts,
    Whole,
    between,
    items,
    known,
    one_of,
)
from rehearsal.plugins.openstack.resource_type import OpenStackType
from rehearsal.plugins.openstack.tokens import NETWORK, SUBNET

IPV6_MODES = one_of("slaac", "dhcpv6-stateful", "dhcpv6-stateless")
MAX_NAMESERVERS = 5  # Neutron's option max_dns_nameservers


def ip_address(text: str) -> Any:
    """An address that compares with any other: the callers have checked that the versions agree."""
    return parse_address(text)


class Segment(Arguments):
    """A provider segment of a network."""

    physical_network: Text | None = None
    network_type: Text | None = None
    segmentation_id: Whole | None = None


class NetworkArguments(Arguments):
    """Inputs of a network."""

    admin_state_up: Flag | None = None
    availability_zone_hints: Annotated[Texts | None, FORCES, SET] = None
    description: Name | None = None
    dns_domain: DottedDomain | None = None
    external: Flag | None = None
    mtu: Annotated[Whole, between(68)] | None = None
    name: Name | None = None
    port_security_enabled: Flag | None = None
    qos_policy_id: Text | None = None
    region: Annotated[Text | None, FORCES] = None
    segments: Annotated[list[Annotated[Segment, MAYBE]] | None, SET] = None
    shared: Flag | None = None
    tags: Annotated[Texts | None, SET] = None
    tenant_id: Annotated[Text | None, FORCES] = None
    transparent_vlan: Annotated[Flag | None, FORCES] = None
    value_specs: Annotated[Labels | None, FORCES] = None


class Pool(Arguments):
    """A range of addresses, both ends inclusive."""

    start: Address
    end: Address


class SubnetArguments(Arguments):
    """Inputs of a subnet."""

    network_id: Annotated[Id, FORCES]
    allocation_pools: Annotated[list[Annotated[Pool, MAYBE]] | None, SET] = None
    cidr: Annotated[Cidr | None, FORCES] = None
    description: Name | None = None
    dns_nameservers: list[Address] | None = None
    dns_publish_fixed_ip: Flag | None = None
    enable_dhcp: Flag | None = True
    gateway_ip: Address | None = None
    ip_version: Annotated[Whole | None, FORCES] = 4
    ipv6_address_mode: Annotated[Annotated[Text, IPV6_MODES] | None, FORCES] = None
    ipv6_ra_mode: Annotated[Annotated[Text, IPV6_MODES] | None, FORCES] = None
    name: Name | None = None
    no_gateway: Flag | None = False
    prefix_length: Annotated[Whole | None, FORCES] = None
    region: Annotated[Text | None, FORCES] = None
    segment_id: Text | None = None
    service_types: Texts | None = None
    subnetpool_id: Annotated[Text | None, FORCES] = None
    tags: Annotated[Texts | None, SET] = None
    tenant_id: Annotated[Text | None, FORCES] = None
    value_specs: Annotated[Labels | None, FORCES] = None

    @model_validator(mode="after")
    def _addresses_fit(self) -> SubnetArguments:
        if self.cidr is None and self.subnetpool_id is None:
            raise ValueError("one of `cidr` and `subnetpoolId` is required")
        if self.cidr is not None and self.prefix_length is not None:
            raise ValueError("`cidr` and `prefixLength` exclude each other")
        if known(self.no_gateway, self.gateway_ip) and self.no_gateway and self.gateway_ip:
            raise ValueError("`noGateway` and `gatewayIp` exclude each other")
        if len(items(self.dns_nameservers)) > MAX_NAMESERVERS:
            raise ValueError(
                f"`dnsNameservers` has {len(self.dns_nameservers or [])}, Neutron takes {MAX_NAMESERVERS}"
            )
        if self.ip_version not in (4, 6) and known(self.ip_version):
            raise ValueError(f"`ipVersion` is {self.ip_version} but must be 4 or 6")
        if self.cidr is not None and known(self.cidr):
            self._against_cidr(self.cidr)
        return self

    def _against_cidr(self, cidr: str) -> None:
        network: Any = ip_network(cidr)
        if known(self.ip_version) and network.version != self.ip_version:
            raise ValueError(f"`cidr` {cidr} is no network of IP version {self.ip_version}")
        if known(self.enable_dhcp) and self.enable_dhcp and network.version == 4 and network.prefixlen > 30:
            raise ValueError(
                f"`cidr` {cidr} has too long a prefix for DHCP (30 at most, or `enableDhcp` false)"
            )
        gateway: Any = None
        if self.gateway_ip is not None and known(self.gateway_ip):
            gateway = ip_address(self.gateway_ip)
            ends = (network.network_address, network.broadcast_address) if network.version == 4 else ()
            if gateway not in network or (gateway in ends and network.prefixlen < 31):
                raise ValueError(f"`gatewayIp` {gateway} is no host address of `cidr` {cidr}")
        ranges: list[tuple[Any, Any]] = []
        for pool in items(self.allocation_pools):
            start, end = ip_address(pool.start), ip_address(pool.end)
            shown = f"`allocationPools` {start} to {end}"
            if start not in network or end not in network:
                raise ValueError(f"{shown} is not inside `cidr` {cidr}")
            if start > end:
                raise ValueError(f"{shown} ends before it starts")
            if gateway is not None and start <= gateway <= end:
                raise ValueError(f"{shown} contains `gatewayIp` {gateway}")
            if any(start <= b and a <= end for a, b in ranges):
                raise ValueError(f"{shown} overlaps another pool")
            ranges.append((start, end))


ROWS = (
    OpenStackType(
        token=NETWORK,
        noun="network",
        service="Neutron",
        arguments=NetworkArguments,
        outputs=frozenset({
            "adminStateUp", "external", "shared", "mtu", "portSecurityEnabled", "dnsDomain",
            "qosPolicyId", "transparentVlan", "availabilityZoneHints", "segments", "region",
            "tenantId", "allTags",
        }),
    ),
    OpenStackType(
        token=SUBNET,
        noun="subnet",
        service="Neutron",
        arguments=SubnetArguments,
        outputs=frozenset({
            "cidr", "ipv6AddressMode", "ipv6RaMode", "segmentId", "serviceTypes", "region",
            "tenantId", "dnsPublishFixedIp", "allTags", "gatewayIp", "allocationPools",
        }),
        shown=frozenset({"dnsPublishFixedIp", "segmentId"}),
    ),
)  # fmt: skip
