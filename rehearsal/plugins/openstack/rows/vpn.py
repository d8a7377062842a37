"""Neutron VPNaaS: the private half of the link."""

from __future__ import annotations

from ipaddress import ip_network
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
    Text,
    Whole,
    between,
    items,
    known,
    one_of,
)
from rehearsal.plugins.openstack.resource_type import (
    OpenStackType,
)
from rehearsal.plugins.openstack.tokens import (
    ENDPOINT_GROUP,
    SITE_CONNECTION,
    VPN_SERVICE,
)

MIN_MTU = {4: 68, 6: 1280}
DPD: dict[str, Any] = {"action": "hold", "interval": 30, "timeout": 120}


class VpnServiceArguments(Arguments):
    """Inputs of a VPN service."""

    router_id: Annotated[Id, FORCES]
    admin_state_up: Flag | None = True
    description: Name | None = None
    name: Name | None = None
    region: Annotated[Text | None, FORCES] = None
    subnet_id: Annotated[Id | None, FORCES] = None
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

    ikepolicy_id: Annotated[Id, FORCES]
    ipsecpolicy_id: Annotated[Id, FORCES]
    peer_address: Id
    peer_id: Id
    psk: Annotated[Text, AfterValidator(_psk), SENSITIVE]
    vpnservice_id: Annotated[Id, FORCES]
    admin_state_up: Flag | None = True
    description: Name | None = None
    dpds: list[Annotated[Dpd, MAYBE]] | None = None
    initiator: Annotated[Text, one_of("bi-directional", "response-only")] | None = None
    local_ep_group_id: Id | None = None
    local_id: Text | None = None
    mtu: Annotated[Whole, between(MIN_MTU[4])] | None = None
    name: Name | None = None
    peer_cidrs: list[Cidr] | None = None
    peer_ep_group_id: Id | None = None
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


ROWS = (
    OpenStackType(
        token=VPN_SERVICE,
        noun="VPN service",
        service="Neutron VPNaaS",
        arguments=VpnServiceArguments,
        outputs=frozenset({
            "externalV4Ip", "externalV6Ip", "status", "region", "tenantId",
        }),
    ),
    OpenStackType(
        token=ENDPOINT_GROUP,
        noun="endpoint group",
        service="Neutron VPNaaS",
        arguments=EndpointGroupArguments,
        outputs=frozenset({
            "region", "tenantId",
        }),
    ),
    OpenStackType(
        token=SITE_CONNECTION,
        noun="IPsec site connection",
        service="Neutron VPNaaS",
        arguments=SiteConnectionArguments,
        outputs=frozenset({
            "initiator", "mtu", "dpds", "region", "tenantId",
        }),
        secret_outputs=frozenset({"psk"}),
    ),
)  # fmt: skip
