"""Neutron: ports, floating addresses and routes of a router."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Annotated, Any

from pydantic import AfterValidator, model_validator

from rehearsal.plugins.openstack.fields import (
    FORCES,
    MAYBE,
    SET,
    Address,
    Arguments,
    Cidr,
    Flag,
    Id,
    Labels,
    Name,
    Text,
    Texts,
    Whole,
    one_of,
)
from rehearsal.plugins.openstack.resource_type import (
    OpenStackType,
)
from rehearsal.plugins.openstack.tokens import (
    FLOATING_IP,
    PORT,
    ROUTER_ROUTE,
)


def _address_or_network(value: Any) -> Any:
    try:
        ip_network(value)
    except ValueError:
        raise ValueError("must be an IP address or a network") from None
    return value


class PortFixedIp(Arguments):
    """An address of a port."""

    ip_address: Address | None = None
    subnet_id: Text | None = None


class AddressPair(Arguments):
    """What else a port may send as."""

    ip_address: Annotated[Text, AfterValidator(_address_or_network)]
    mac_address: Text | None = None


class PortBinding(Arguments):
    """Where a port is."""

    host_id: Text | None = None
    profile: Text | None = None
    vif_details: Labels | None = None
    vif_type: Text | None = None
    vnic_type: Annotated[Text, one_of("direct", "direct-physical", "macvtap", "normal", "baremetal",
                                      "virtio-forwarder")] | None = None  # fmt: skip


class DhcpOption(Arguments):
    """What DHCP tells a port besides."""

    name: Text
    value: Text
    ip_version: Whole | None = None


class PortArguments(Arguments):
    """Inputs of a port."""

    network_id: Annotated[Id, FORCES]
    admin_state_up: Flag | None = None
    allowed_address_pairs: Annotated[list[Annotated[AddressPair, MAYBE]] | None, SET] = None
    binding: Annotated[PortBinding, MAYBE] | None = None
    description: Name | None = None
    device_id: Annotated[Text | None, FORCES] = None
    device_owner: Annotated[Text | None, FORCES] = None
    dns_name: Text | None = None
    extra_dhcp_options: Annotated[list[Annotated[DhcpOption, MAYBE]] | None, SET] = None
    fixed_ips: list[Annotated[PortFixedIp, MAYBE]] | None = None
    mac_address: Annotated[Text | None, FORCES] = None
    name: Name | None = None
    no_fixed_ip: Flag | None = None
    no_security_groups: Flag | None = None
    port_security_enabled: Flag | None = None
    qos_policy_id: Text | None = None
    region: Annotated[Text | None, FORCES] = None
    security_group_ids: Annotated[list[Id] | None, SET] = None
    tags: Annotated[Texts | None, SET] = None
    tenant_id: Annotated[Text | None, FORCES] = None
    value_specs: Annotated[Labels | None, FORCES] = None

    @model_validator(mode="after")
    def _one_way(self) -> PortArguments:
        if self.no_security_groups is True and self.security_group_ids:
            raise ValueError("`noSecurityGroups` and `securityGroupIds` exclude each other")
        if self.no_fixed_ip is True and self.fixed_ips:
            raise ValueError("`noFixedIp` and `fixedIps` exclude each other")
        if self.port_security_enabled is False and (self.security_group_ids or self.allowed_address_pairs):
            raise ValueError(
                "`portSecurityEnabled` is off, so there is nothing that groups and pairs could allow"
            )
        return self


class FloatingIpArguments(Arguments):
    """Inputs of a floating address."""

    pool: Annotated[Text, FORCES]
    address: Annotated[Address | None, FORCES] = None
    description: Name | None = None
    dns_domain: Annotated[Text | None, FORCES] = None
    dns_name: Annotated[Text | None, FORCES] = None
    fixed_ip: Address | None = None
    port_id: Id | None = None
    region: Annotated[Text | None, FORCES] = None
    subnet_id: Annotated[Text | None, FORCES] = None
    subnet_ids: Annotated[Texts | None, FORCES] = None
    tags: Annotated[Texts | None, SET] = None
    tenant_id: Annotated[Text | None, FORCES] = None
    value_specs: Annotated[Labels | None, FORCES] = None


class RouterRouteArguments(Arguments):
    """Inputs of a route of a router: every change makes another one."""

    destination_cidr: Annotated[Cidr, FORCES]
    next_hop: Annotated[Address, FORCES]
    router_id: Annotated[Id, FORCES]
    region: Annotated[Text | None, FORCES] = None


ROWS = (
    OpenStackType(
        token=PORT,
        noun="port",
        service="Neutron",
        arguments=PortArguments,
        outputs=frozenset({
            "adminStateUp", "allFixedIps", "allSecurityGroupIds", "allTags", "binding", "deviceId",
            "deviceOwner", "dnsAssignments", "dnsName", "macAddress", "portSecurityEnabled", "qosPolicyId",
            "region", "tenantId",
        }),
    ),
    OpenStackType(
        token=FLOATING_IP,
        noun="floating address",
        service="Neutron",
        arguments=FloatingIpArguments,
        outputs=frozenset({
            "address", "allTags", "dnsDomain", "dnsName", "fixedIp", "portId", "region", "subnetId",
            "tenantId",
        }),
    ),
    OpenStackType(
        token=ROUTER_ROUTE,
        noun="route",
        service="Neutron",
        arguments=RouterRouteArguments,
        outputs=frozenset({"region"}),
    ),
)  # fmt: skip
