"""Neutron: floating addresses."""

from __future__ import annotations

from typing import Annotated

from pydantic import model_validator

from rehearsal.plugins.openstack.catalogue import is_catalogued
from rehearsal.plugins.openstack.fields import (
    FORCES,
    SET,
    Address,
    Arguments,
    DottedDomain,
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
from rehearsal.plugins.openstack.rows.router import PUBLIC
from rehearsal.plugins.openstack.tokens import FLOATING_IP, NETWORK, PORT


class FloatingIpArguments(Arguments):
    """Inputs of a floating address."""

    address: Annotated[Address | None, FORCES] = None
    description: Name | None = None
    dns_domain: Annotated[DottedDomain | None, FORCES] = None
    dns_name: Annotated[Text | None, FORCES] = None
    fixed_ip: Address | None = None
    pool: Annotated[Id, FORCES]
    port_id: Annotated[Text | None, Ref((PORT,), "keep")] = None
    region: Annotated[Text | None, FORCES] = None
    subnet_id: Text | None = None
    subnet_ids: Texts | None = None
    tags: Annotated[Texts | None, SET] = None
    tenant_id: Annotated[Text | None, FORCES] = None
    value_specs: Annotated[Labels | None, FORCES] = None

    @model_validator(mode="after")
    def _exclusions(self) -> FloatingIpArguments:
        if self.subnet_id is not None and self.subnet_ids is not None:
            raise ValueError("`subnetId` and `subnetIds` exclude each other")
        if self.fixed_ip is not None and self.port_id is None:
            raise ValueError("`fixedIp` needs `portId`")
        return self


def _pool_is_external(s: Situation) -> None:
    for network in s.record.of(NETWORK):
        if s.inputs["pool"] in (network.id, network.outputs.get("name")) and not network.outputs.get(
            "external"
        ):
            refuse(f"400: network {network.title} of `pool` is not external", "pool")


def _uses_network(_: Content, entry: Entry) -> list[tuple[str, str]]:
    pool = entry.inputs["pool"]
    return [] if is_catalogued("network", pool) else [(NETWORK, pool)]


ROWS = (
    OpenStackType(
        token=FLOATING_IP,
        noun="floating IP",
        service="Neutron",
        arguments=FloatingIpArguments,
        computed={"address": address_from(PUBLIC, "floating"), "region": region, "tenantId": project,
                  "dnsDomain": "", "dnsName": ""},
        following={"allTags": tags, "portId": "", "fixedIp": ""},
        rules=(_pool_is_external,),
        uses=_uses_network,
    ),
)  # fmt: skip
