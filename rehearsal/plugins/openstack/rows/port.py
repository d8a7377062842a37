"""Neutron: ports."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Annotated, Any

from pydantic import model_validator

from rehearsal.plugins.openstack.fields import (
    FORCES,
    MAYBE,
    SET,
    Address,
    AddressOrCidr,
    Arguments,
    Flag,
    Id,
    Labels,
    Mac,
    Name,
    Ref,
    Text,
    Texts,
    Whole,
    one_of,
)
from rehearsal.plugins.openstack.resource_type import OpenStackType, Situation, project, refuse, region, tags
from rehearsal.plugins.openstack.rows.network import ip_address
from rehearsal.plugins.openstack.tokens import NETWORK, PORT, SEC_GROUP, SUBNET


class Pair(Arguments):
    """An address that may appear on a port besides its own."""

    ip_address: AddressOrCidr
    mac_address: Mac | None = None


class Binding(Arguments):
    """Where and how a port is plugged."""

    host_id: Text | None = None
    profile: Text | None = None
    vif_details: Labels | None = None
    vif_type: Text | None = None
    vnic_type: (
        Annotated[
            Text,
            one_of(
                "direct",
                "direct-physical",
                "macvtap",
                "normal",
                "baremetal",
                "virtio-forwarder",
                "remote-managed",
            ),
        ]
        | None
    ) = None


class DhcpOption(Arguments):
    """One DHCP option of a port."""

    name: Text
    value: Text
    ip_version: Whole | None = None


class FixedIp(Arguments):
    """An address of a port: by subnet, by address, or both."""

    ip_address: Address | None = None
    subnet_id: Text | None = None


class PortArguments(Arguments):
    """Inputs of a port."""

    network_id: Annotated[Id, FORCES, Ref((NETWORK,), catalogue="network")]
    admin_state_up: Flag | None = None
    allowed_address_pairs: Annotated[list[Annotated[Pair, MAYBE]] | None, SET] = None
    binding: Annotated[Binding, MAYBE] | None = None
    description: Name | None = None
    device_id: Annotated[Text | None, FORCES] = None
    device_owner: Annotated[Text | None, FORCES] = None
    dns_name: Text | None = None
    extra_dhcp_options: Annotated[list[Annotated[DhcpOption, MAYBE]] | None, SET] = None
    fixed_ips: list[Annotated[FixedIp, MAYBE]] | None = None
    mac_address: Annotated[Mac | None, FORCES] = None
    name: Name | None = None
    no_fixed_ip: Flag | None = None
    no_security_groups: Flag | None = None
    port_security_enabled: Flag | None = None
    qos_policy_id: Text | None = None
    region: Annotated[Text | None, FORCES] = None
    security_group_ids: Annotated[list[Id] | None, SET, Ref((SEC_GROUP,))] = None
    tags: Annotated[Texts | None, SET] = None
    tenant_id: Annotated[Text | None, FORCES] = None
    value_specs: Annotated[Labels | None, FORCES] = None

    @model_validator(mode="after")
    def _exclusions(self) -> PortArguments:
        if self.no_fixed_ip is True and self.fixed_ips:
            raise ValueError("`noFixedIp` and `fixedIps` exclude each other")
        if self.no_security_groups is True and self.security_group_ids:
            raise ValueError("`noSecurityGroups` and `securityGroupIds` exclude each other")
        return self


def _subnets_of(s: Situation) -> list[Any]:
    return [
        e
        for e in s.record.of(SUBNET)
        if e.inputs["networkId"] == s.inputs["networkId"] and e.inputs.get("cidr")
    ]


def _port_addresses(s: Situation) -> list[str]:
    """The addresses asked for; else the first free one of the network's first subnet."""
    asked = [ip["ipAddress"] for ip in s.inputs.get("fixedIps") or [] if ip.get("ipAddress")]
    if asked or s.inputs.get("noFixedIp"):
        return asked
    wanted = {ip["subnetId"] for ip in s.inputs.get("fixedIps") or [] if ip.get("subnetId")}
    taken = {a for port in s.others(PORT) for a in port.outputs.get("allFixedIps") or []}
    for subnet in _subnets_of(s):
        if wanted and subnet.id not in wanted:
            continue
        hosts = ip_network(subnet.inputs["cidr"]).hosts()
        free = (str(h) for h in hosts if str(h) not in taken and str(h) != subnet.outputs.get("gatewayIp"))
        address = next(free, None)
        if address is None:
            refuse(f"409: no more IP addresses available on subnet {subnet.title}")
        return [str(address)]
    return []


def _addresses_are_free(s: Situation) -> None:
    subnets = _subnets_of(s)
    for ip in s.inputs.get("fixedIps") or []:
        subnet = next((e for e in subnets if e.id == ip.get("subnetId")), None)
        if ip.get("subnetId") and subnet is None:
            refuse(f"400: subnet {ip['subnetId']} of `fixedIps` is none of the port's network", "fixedIps")
        address = ip.get("ipAddress")
        if not address:
            continue
        inside = [subnet] if subnet else subnets
        if not any(ip_address(address) in ip_network(e.inputs["cidr"]) for e in inside):
            refuse(f"400: {address} of `fixedIps` is not a valid address of the port's subnet", "fixedIps")
        for port in s.others(PORT):
            if port.inputs["networkId"] == s.inputs["networkId"] and address in port.outputs.get(
                "allFixedIps", []
            ):
                refuse(f"409: {address} of `fixedIps` is in use by port {port.title}", "fixedIps")


def _mac(s: Situation) -> str:
    return "fa:16:3e:" + ":".join(s.id.replace("-", "")[i : i + 2] for i in (0, 2, 4))


ROWS = (
    OpenStackType(
        token=PORT,
        noun="port",
        service="Neutron",
        arguments=PortArguments,
        computed={"adminStateUp": True, "deviceId": "", "deviceOwner": "",
                  "macAddress": _mac, "portSecurityEnabled": True, "qosPolicyId": "",
                  "dnsName": "", "dnsAssignments": [], "region": region, "tenantId": project,
                  "binding": {"vnicType": "normal", "vifType": "unbound", "hostId": "", "profile": "{}"}},
        following={
            "allTags": tags,
            "allFixedIps": _port_addresses,
            "allSecurityGroupIds": lambda s: list(s.inputs.get("securityGroupIds") or []),
        },
        rules=(_addresses_are_free,),
        uses=lambda _, entry: [
            (SUBNET, ip["subnetId"]) for ip in entry.inputs.get("fixedIps") or [] if ip.get("subnetId")
        ],
    ),
)  # fmt: skip
