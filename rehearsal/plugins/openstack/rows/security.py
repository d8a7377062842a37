"""Neutron: security groups and their rules."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Annotated, Any

from pydantic import AfterValidator, model_validator

from rehearsal.plugins.openstack.fields import (
    FORCES,
    SET,
    Arguments,
    Cidr,
    Flag,
    Id,
    Name,
    Text,
    Texts,
    Whole,
    between,
    known,
    one_of,
)
from rehearsal.plugins.openstack.resource_type import OpenStackType
from rehearsal.plugins.openstack.tokens import SEC_GROUP, SEC_GROUP_RULE

PORTS = ("tcp", "udp", "sctp", "dccp", "udplite")
ICMP = ("icmp", "ipv6-icmp", "icmpv6")
# The names the Terraform provider knows; "" is any protocol, numbers 0 to 255 go as well.
PROTOCOLS = [
    "ah",
    "dccp",
    "egp",
    "esp",
    "gre",
    "icmp",
    "igmp",
    "ipip",
    "ipv6-encap",
    "ipv6-frag",
    "ipv6-icmp",
    "ipv6-nonxt",
    "ipv6-opts",
    "ipv6-route",
    "ospf",
    "pgm",
    "rsvp",
    "sctp",
    "tcp",
    "udp",
    "udplite",
    "vrrp",
]


def _protocol(value: Any) -> Any:
    if (
        isinstance(value, str)
        and value
        and value not in PROTOCOLS
        and not (value.isdigit() and int(value) <= 255)
    ):
        raise ValueError(f"must be a number from 0 to 255 or one of {', '.join(PROTOCOLS)}")
    return value


class SecGroupArguments(Arguments):
    """Inputs of a security group."""

    delete_default_rules: Annotated[Flag | None, FORCES] = None
    description: Name | None = None
    name: Name | None = None
    region: Annotated[Text | None, FORCES] = None
    stateful: Flag | None = None
    tags: Annotated[Texts | None, SET] = None
    tenant_id: Annotated[Text | None, FORCES] = None


class SecGroupRuleArguments(Arguments):
    """Inputs of a security group's rule: none of them can be changed in place."""

    direction: Annotated[Text, one_of("ingress", "egress"), FORCES]
    ethertype: Annotated[Text, one_of("IPv4", "IPv6"), FORCES]
    security_group_id: Annotated[Id, FORCES]
    description: Annotated[Name | None, FORCES] = None
    port_range_max: Annotated[Annotated[Whole, between(0, 65535)] | None, FORCES] = None
    port_range_min: Annotated[Annotated[Whole, between(0, 65535)] | None, FORCES] = None
    protocol: Annotated[Annotated[Text, AfterValidator(_protocol)] | None, FORCES] = None
    region: Annotated[Text | None, FORCES] = None
    remote_address_group_id: Annotated[Text | None, FORCES] = None
    remote_group_id: Annotated[Text | None, FORCES] = None
    remote_ip_prefix: Annotated[Cidr | None, FORCES] = None
    tenant_id: Annotated[Text | None, FORCES] = None

    @model_validator(mode="after")
    def _ports_and_remotes(self) -> SecGroupRuleArguments:
        if (self.port_range_min is None) != (self.port_range_max is None):
            raise ValueError("`portRangeMin` and `portRangeMax` need each other")
        low, high, protocol = self.port_range_min, self.port_range_max, self.protocol
        if low is not None and high is not None and known(low, high, protocol):
            if not protocol:
                raise ValueError("`portRangeMin` needs `protocol`")
            if protocol in ICMP:
                if low > 255 or high > 255:
                    raise ValueError("`portRangeMin` and `portRangeMax` are an ICMP type and code, 0 to 255")
            elif protocol not in PORTS and not protocol.isdigit():
                raise ValueError(f"`protocol` {protocol} has no ports (they go with {', '.join(PORTS)})")
            elif low > high:
                raise ValueError(f"`portRangeMin` {low} is above `portRangeMax` {high}")
        remotes = {
            "remoteGroupId": self.remote_group_id,
            "remoteIpPrefix": self.remote_ip_prefix,
            "remoteAddressGroupId": self.remote_address_group_id,
        }
        named = [key for key, value in remotes.items() if value is not None]
        if len(named) > 1:
            raise ValueError(f"`{'` and `'.join(named)}` exclude each other")
        if self.remote_ip_prefix is not None and known(self.remote_ip_prefix, self.ethertype):
            version = f"IPv{ip_network(self.remote_ip_prefix).version}"
            if version != self.ethertype:
                raise ValueError(
                    f"`remoteIpPrefix` {self.remote_ip_prefix} is {version}, `ethertype` {self.ethertype}"
                )
        return self


ROWS = (
    OpenStackType(
        token=SEC_GROUP,
        noun="security group",
        service="Neutron",
        arguments=SecGroupArguments,
        outputs=frozenset({
            "description", "stateful", "region", "tenantId", "allTags",
        }),
    ),
    OpenStackType(
        token=SEC_GROUP_RULE,
        noun="security group rule",
        service="Neutron",
        arguments=SecGroupRuleArguments,
        outputs=frozenset({
            "portRangeMin", "portRangeMax", "protocol", "remoteAddressGroupId", "remoteGroupId",
            "remoteIpPrefix", "region", "tenantId",
        }),
        shown=frozenset({"portRangeMax", "portRangeMin", "protocol"}),
    ),
)  # fmt: skip
