"""Neutron: routers and their interfaces."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Annotated

from pydantic import model_validator

from rehearsal.plugins.openstack.fields import (
    FORCES,
    MAYBE,
    SET,
    Address,
    Arguments,
    Flag,
    Id,
    Labels,
    Name,
    Ref,
    Text,
    Texts,
)
from rehearsal.plugins.openstack.record import Content, Entry
from rehearsal.plugins.openstack.resource_type import (
    OpenStackType,
    Situation,
    address_from,
    project,
    refuse,
    region,
    tags,
)
from rehearsal.plugins.openstack.tokens import (
    ENDPOINT_GROUP,
    NETWORK,
    ROUTER,
    ROUTER_INTERFACE,
    SITE_CONNECTION,
    SUBNET,
    VPN_SERVICE,
)

# TEST-NET-3 (RFC 5737): the "public" addresses of a rehearsal reach nobody.
PUBLIC = "203.0.113.0/24"


class FixedIp(Arguments):
    """An address of a gateway: by subnet, by address, or both."""

    ip_address: Address | None = None
    subnet_id: Text | None = None


class VendorOptions(Arguments):
    """How a driver wants its gateway set."""

    set_router_gateway_after_create: Flag | None = None


class RouterArguments(Arguments):
    """Inputs of a router."""

    admin_state_up: Flag | None = None
    availability_zone_hints: Annotated[Texts | None, FORCES] = None
    description: Name | None = None
    distributed: Annotated[Flag | None, FORCES] = None
    enable_snat: Flag | None = None
    external_fixed_ips: list[Annotated[FixedIp, MAYBE]] | None = None
    external_network_id: Annotated[Id | None, Ref((NETWORK,), catalogue="network")] = None
    external_qos_policy_id: Text | None = None
    external_subnet_ids: Texts | None = None
    name: Name | None = None
    region: Annotated[Text | None, FORCES] = None
    tags: Annotated[Texts | None, SET] = None
    tenant_id: Annotated[Text | None, FORCES] = None
    value_specs: Annotated[Labels | None, FORCES] = None
    vendor_options: Annotated[VendorOptions, MAYBE] | None = None

    @model_validator(mode="after")
    def _gateway_first(self) -> RouterArguments:
        needing = {
            "enableSnat": self.enable_snat,
            "externalFixedIps": self.external_fixed_ips,
            "externalSubnetIds": self.external_subnet_ids,
            "externalQosPolicyId": self.external_qos_policy_id,
        }
        for key, value in needing.items():
            if value is not None and self.external_network_id is None:
                raise ValueError(f"`{key}` needs `externalNetworkId`")
        if self.external_fixed_ips and self.external_subnet_ids:
            raise ValueError("`externalFixedIps` and `externalSubnetIds` exclude each other")
        return self


class RouterInterfaceArguments(Arguments):
    """Inputs of a router interface."""

    router_id: Annotated[Id, FORCES, Ref((ROUTER,))]
    force_destroy: Flag | None = False
    port_id: Annotated[Id | None, FORCES] = None
    region: Annotated[Text | None, FORCES] = None
    subnet_id: Annotated[Id | None, FORCES, Ref((SUBNET,))] = None

    @model_validator(mode="after")
    def _one_end(self) -> RouterInterfaceArguments:
        if (self.port_id is None) == (self.subnet_id is None):
            raise ValueError("one of `subnetId` and `portId` is required, and not both")
        if self.port_id is not None:
            raise ValueError("`portId` names a port, and a rehearsal has no ports: name a `subnetId`")
        return self


def _gateway_is_external(s: Situation) -> None:
    id = s.inputs.get("externalNetworkId")
    network = s.record.get(NETWORK, id) if id else None
    if network is not None and not network.outputs.get("external"):
        refuse(f"400: network {network.title} is not external", "externalNetworkId")


def _gateway_is_free(s: Situation) -> None:
    """Neutron VPNaaS lets no gateway go from a router with a service (vpn_router_gateway_callback)."""
    if s.entry is None or s.entry.inputs.get("externalNetworkId") == s.inputs.get("externalNetworkId"):
        return
    for service in s.record.of(VPN_SERVICE):
        if service.inputs["routerId"] == s.id:
            refuse(f"409: router {s.entry.title} is used by VPN service {service.title}", "externalNetworkId")


def subnets_on(record: Content, router: str) -> list[Entry]:
    """The subnets that a router has an interface on."""
    found = []
    for interface in record.of(ROUTER_INTERFACE):
        if interface.inputs["routerId"] != router:
            continue
        found += [subnet for id in [interface.inputs["subnetId"]] if (subnet := record.get(SUBNET, id))]
    return found


def _interface_fits(s: Situation) -> None:
    subnet = s.record.get(SUBNET, s.inputs.get("subnetId") or "")
    if subnet is None:
        return
    if not subnet.outputs.get("gatewayIp"):
        refuse(f"400: subnet {subnet.title} must have a gateway IP for a router interface", "subnetId")
    if s.entry is not None or not subnet.inputs.get("cidr"):
        return
    mine = ip_network(subnet.inputs["cidr"])
    for other in subnets_on(s.record, s.inputs["routerId"]):
        if other.id == subnet.id:
            refuse(
                f"400: router {s.inputs['routerId']} already has a port on subnet {subnet.title}", "subnetId"
            )
        if other.inputs.get("cidr") and mine.overlaps(ip_network(other.inputs["cidr"])):
            refuse(
                f"400: {mine} of subnet {subnet.title} overlaps {other.inputs['cidr']} of subnet "
                f"{other.title}, which is on the same router",
                "subnetId",
            )


def _interface_is_free(s: Situation) -> None:
    subnet = s.record.get(SUBNET, s.inputs.get("subnetId") or "")
    if subnet is None:
        return
    router = s.inputs["routerId"]
    for service in s.record.of(VPN_SERVICE):
        if service.inputs["routerId"] != router:
            continue
        if service.inputs.get("subnetId") == subnet.id:
            refuse(f"409: subnet {subnet.title} is used by VPN service {service.title}")
        for connection in s.record.of(SITE_CONNECTION):
            group = s.record.get(ENDPOINT_GROUP, connection.inputs.get("localEpGroupId") or "")
            if (
                connection.inputs["vpnserviceId"] == service.id
                and group
                and subnet.id in group.inputs["endpoints"]
            ):
                refuse(f"409: subnet {subnet.title} is used by IPsec site connection {connection.title}")


def _gateway_address(s: Situation) -> list[dict[str, str]]:
    if not s.inputs.get("externalNetworkId"):
        return []
    return [{"ipAddress": address_from(PUBLIC, "router")(s), "subnetId": ""}]


ROWS = (
    OpenStackType(
        token=ROUTER,
        noun="router",
        service="Neutron",
        arguments=RouterArguments,
        computed={"adminStateUp": True, "distributed": False, "region": region,
                  "availabilityZoneHints": [], "tenantId": project, "externalQosPolicyId": ""},
        following={
            "allTags": tags,
            "externalNetworkId": "",
            "externalFixedIps": _gateway_address,
            "enableSnat": lambda s: bool(s.inputs.get("externalNetworkId")),
        },
        rules=(_gateway_is_external,),
        update_rules=(_gateway_is_free,),
    ),
    OpenStackType(
        token=ROUTER_INTERFACE,
        noun="router interface",
        service="Neutron",
        arguments=RouterInterfaceArguments,
        computed={"region": region, "subnetId": "", "portId": lambda s: s.id},
        rules=(_interface_fits,),
        delete_rules=(_interface_is_free,),
    ),
)  # fmt: skip
