"""Neutron: routers and their interfaces."""

from __future__ import annotations

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
    Text,
    Texts,
)
from rehearsal.plugins.openstack.resource_type import (
    OpenStackType,
)
from rehearsal.plugins.openstack.tokens import (
    ROUTER,
    ROUTER_INTERFACE,
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
    external_network_id: Id | None = None
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

    router_id: Annotated[Id, FORCES]
    force_destroy: Flag | None = False
    port_id: Annotated[Id | None, FORCES] = None
    region: Annotated[Text | None, FORCES] = None
    subnet_id: Annotated[Id | None, FORCES] = None

    @model_validator(mode="after")
    def _one_end(self) -> RouterInterfaceArguments:
        if (self.port_id is None) == (self.subnet_id is None):
            raise ValueError("one of `subnetId` and `portId` is required, and not both")
        if self.port_id is not None:
            raise ValueError("`portId` names a port, and a rehearsal has no ports: name a `subnetId`")
        return self


ROWS = (
    OpenStackType(
        token=ROUTER,
        noun="router",
        service="Neutron",
        arguments=RouterArguments,
        outputs=frozenset({
            "adminStateUp", "distributed", "region", "availabilityZoneHints", "tenantId",
            "externalQosPolicyId", "allTags", "externalNetworkId", "externalFixedIps",
            "enableSnat",
        }),
    ),
    OpenStackType(
        token=ROUTER_INTERFACE,
        noun="router interface",
        service="Neutron",
        arguments=RouterInterfaceArguments,
        outputs=frozenset({
            "region", "subnetId", "portId",
        }),
    ),
)  # fmt: skip
