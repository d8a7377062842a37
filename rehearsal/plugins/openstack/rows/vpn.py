"""Neutron VPNaaS: the private half of the link."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Annotated, Any

from pydantic import AfterValidator, model_validator

from rehearsal.plugins.openstack.fields import (
    FORCES,
    MAYBE,
    SENSITIVE,
    SET,
    Arguments,
    Cidr,
    Flag,
    Id,
    Labels,
    Name,
    Ref,
    Text,
    Whole,
    between,
    items,
    known,
    one_of,
)
from rehearsal.plugins.openstack.record import Content, Entry
from rehearsal.plugins.openstack.resource_type import (
    OpenStackType,
    Situation,
    address_from,
    project,
    refuse,
    region,
)
from rehearsal.plugins.openstack.rows.router import PUBLIC, subnets_on
from rehearsal.plugins.openstack.tokens import (
    ENDPOINT_GROUP,
    IKE_POLICY,
    IPSEC_POLICY,
    ROUTER,
    SITE_CONNECTION,
    SUBNET,
    VPN_SERVICE,
)

MIN_MTU = {4: 68, 6: 1280}
DPD: dict[str, Any] = {"action": "hold", "interval": 30, "timeout": 120}


class VpnServiceArguments(Arguments):
    """Inputs of a VPN service."""

    router_id: Annotated[Id, FORCES, Ref((ROUTER,))]
    admin_state_up: Flag | None = True
    description: Name | None = None
    name: Name | None = None
    region: Annotated[Text | None, FORCES] = None
    subnet_id: Annotated[Id | None, FORCES, Ref((SUBNET,))] = None
    tenant_id: Annotated[Text | None, FORCES] = None
    value_specs: Annotated[Labels | None, FORCES] = None


class EndpointGroupArguments(Arguments):
    """Inputs of an endpoint group."""

    description: Name | None = None
    endpoints: Annotated[list[Text] | None, FORCES, SET] = None
    name: Name | None = None
    region: Annotated[Text | None, FORCES] = None
    tenant_id: Annotated[Text | None, FORCES] = None
    type: Annotated[Annotated[Text, one_of("subnet", "cidr", "network", "router", "vlan")] | None, FORCES] = (
        None
    )
    value_specs: Annotated[Labels | None, FORCES] = None

    @model_validator(mode="after")
    def _values_of_the_type(self) -> EndpointGroupArguments:
        if self.type is None:
            raise ValueError("`type` is required")
        if not self.endpoints:
            raise ValueError("`endpoints` needs one value or more")
        if known(self.type) and self.type == "cidr":
            for endpoint in items(self.endpoints):
                if not _is_cidr(endpoint):
                    raise ValueError(f"`endpoints` holds {endpoint!r}, which is no network in CIDR notation")
        return self


class Dpd(Arguments):
    """Dead peer detection: seconds between probes, and until the peer counts as dead."""

    action: Annotated[Text, one_of("hold", "clear", "restart", "restart-by-peer", "disabled")] | None = None
    interval: Annotated[Whole, between(1)] | None = None
    timeout: Annotated[Whole, between(1)] | None = None


def _psk(value: Any) -> Any:
    if value == "":
        raise ValueError("must not be empty")
    return value


class SiteConnectionArguments(Arguments):
    """Inputs of an IPsec site connection."""

    ikepolicy_id: Annotated[Id, FORCES, Ref((IKE_POLICY,))]
    ipsecpolicy_id: Annotated[Id, FORCES, Ref((IPSEC_POLICY,))]
    peer_address: Id
    peer_id: Id
    psk: Annotated[Text, AfterValidator(_psk), SENSITIVE]
    vpnservice_id: Annotated[Id, FORCES, Ref((VPN_SERVICE,))]
    admin_state_up: Flag | None = True
    description: Name | None = None
    dpds: list[Annotated[Dpd, MAYBE]] | None = None
    initiator: Annotated[Text, one_of("bi-directional", "response-only")] | None = None
    local_ep_group_id: Annotated[Id | None, Ref((ENDPOINT_GROUP,))] = None
    local_id: Text | None = None
    mtu: Annotated[Whole, between(MIN_MTU[4])] | None = None
    name: Name | None = None
    peer_cidrs: list[Cidr] | None = None
    peer_ep_group_id: Annotated[Id | None, Ref((ENDPOINT_GROUP,))] = None
    region: Annotated[Text | None, FORCES] = None
    tenant_id: Annotated[Text | None, FORCES] = None
    value_specs: Annotated[Labels | None, FORCES] = None

    @model_validator(mode="after")
    def _dpd_and_ends(self) -> SiteConnectionArguments:
        if len(items(self.dpds)) > 1:
            raise ValueError("`dpds` is one block, not several")
        for dpd in items(self.dpds):
            interval, timeout = dpd.interval or DPD["interval"], dpd.timeout or DPD["timeout"]
            if timeout <= interval:
                raise ValueError(
                    f"`dpds` has a timeout of {timeout} s, which must be above its interval of {interval} s"
                )
        if self.peer_cidrs and (self.local_ep_group_id is not None or self.peer_ep_group_id is not None):
            raise ValueError("`peerCidrs` and endpoint groups exclude each other")
        if (self.local_ep_group_id is None) != (self.peer_ep_group_id is None):
            raise ValueError("`localEpGroupId` and `peerEpGroupId` need each other")
        return self


def _is_cidr(value: str) -> bool:
    try:
        return "/" in value and str(ip_network(value)) == value
    except ValueError:
        return False


def _router_has_gateway(s: Situation) -> None:
    router = s.record.get(ROUTER, s.inputs["routerId"])
    if router is not None and not router.outputs.get("externalNetworkId"):
        refuse(f"400: router {router.title} has no external network, which a VPN service needs", "routerId")
    subnet = s.inputs.get("subnetId")
    if subnet and subnet not in {e.id for e in subnets_on(s.record, s.inputs["routerId"])}:
        refuse(f"400: subnet {subnet} is not connected to router {s.inputs['routerId']}", "subnetId")


def _endpoints_exist(s: Situation) -> None:
    types = {"subnet": SUBNET, "router": ROUTER}
    for endpoint in s.inputs["endpoints"] if s.inputs["type"] in types else []:
        if s.record.get(types[s.inputs["type"]], endpoint) is None:
            refuse(f"404: `endpoints` holds {s.inputs['type']} {endpoint}, which does not exist", "endpoints")


def _ends_match(s: Situation) -> None:
    """The checks of VPNaaS's reference validator: modes, group types, IP versions, MTU."""
    service = s.record.get(VPN_SERVICE, s.inputs["vpnserviceId"])
    if service is None:
        return
    local = s.record.get(ENDPOINT_GROUP, s.inputs.get("localEpGroupId") or "")
    peer = s.record.get(ENDPOINT_GROUP, s.inputs.get("peerEpGroupId") or "")
    if service.inputs.get("subnetId"):
        if local or peer:
            refuse(
                f"400: VPN service {service.title} has a subnet, so `peerCidrs` is due, not endpoint groups"
            )
        if not s.inputs.get("peerCidrs"):
            refuse(f"400: VPN service {service.title} has a subnet, so `peerCidrs` is required", "peerCidrs")
        local_ids, cidrs = [service.inputs["subnetId"]], s.inputs["peerCidrs"]
    else:
        if s.inputs.get("peerCidrs"):
            refuse(f"400: VPN service {service.title} has no subnet, so `peerCidrs` is invalid", "peerCidrs")
        if local is None or peer is None:
            refuse(f"400: VPN service {service.title} has no subnet, so both endpoint groups are required")
            return
        for group, type, key in ((local, "subnet", "localEpGroupId"), (peer, "cidr", "peerEpGroupId")):
            if group.inputs["type"] != type:
                refuse(
                    f"400: endpoint group {group.title} has type {group.inputs['type']}, expected {type}", key
                )
        local_ids, cidrs = local.inputs["endpoints"], peer.inputs["endpoints"]
        attached = {e.id for e in subnets_on(s.record, service.inputs["routerId"])}
        for id in local_ids:
            if id not in attached:
                refuse(
                    f"400: subnet {id} is not connected to router {service.inputs['routerId']}",
                    "localEpGroupId",
                )
    subnets = [subnet for id in local_ids if (subnet := s.record.get(SUBNET, id))]
    versions = {ip_network(e.inputs["cidr"]).version for e in subnets if e.inputs.get("cidr")}
    versions |= {ip_network(cidr).version for cidr in cidrs}
    if len(versions) > 1:
        refuse("400: local subnets and peer networks are of different IP versions", "peerEpGroupId")
    version = next(iter(versions), 4)
    if s.inputs.get("mtu") and s.inputs["mtu"] < MIN_MTU[version]:
        refuse(f"400: `mtu` {s.inputs['mtu']} is below {MIN_MTU[version]}, the least for IPv{version}", "mtu")
    _peer_is_reachable(s)


def _peer_is_reachable(s: Situation) -> None:
    try:
        version = ip_address(s.inputs["peerAddress"]).version
    except ValueError:
        return  # a host name: the real service resolves it, a rehearsal asks no resolver
    if version == 6:
        refuse(
            "400: `peerAddress` is IPv6, and the router's external network has no IPv6 subnet", "peerAddress"
        )


def _uses_endpoints(_: Content, entry: Entry) -> list[tuple[str, str]]:
    types = {"subnet": SUBNET, "router": ROUTER}
    type = types.get(entry.inputs.get("type", ""))
    return [(type, endpoint) for endpoint in entry.inputs.get("endpoints") or []] if type else []


def _dpd(_: Situation) -> list[dict[str, Any]]:
    return [dict(DPD)]


ROWS = (
    OpenStackType(
        token=VPN_SERVICE,
        noun="VPN service",
        service="Neutron VPNaaS",
        arguments=VpnServiceArguments,
        computed={"externalV4Ip": address_from(PUBLIC, "router"), "externalV6Ip": "",
                  "status": "PENDING_CREATE", "region": region, "tenantId": project},
        rules=(_router_has_gateway,),
    ),
    OpenStackType(
        token=ENDPOINT_GROUP,
        noun="endpoint group",
        service="Neutron VPNaaS",
        arguments=EndpointGroupArguments,
        computed={"region": region, "tenantId": project},
        rules=(_endpoints_exist,),
        uses=_uses_endpoints,
    ),
    OpenStackType(
        token=SITE_CONNECTION,
        noun="IPsec site connection",
        service="Neutron VPNaaS",
        arguments=SiteConnectionArguments,
        computed={"initiator": "bi-directional", "mtu": 1500, "dpds": _dpd,
                  "region": region, "tenantId": project},
        rules=(_ends_match,),
        secret_outputs=frozenset({"psk"}),
    ),
)  # fmt: skip
