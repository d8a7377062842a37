"""Designate: DNS zones and record sets."""

from __future__ import annotations

import uuid
from ipaddress import ip_address
from typing import Annotated

from pydantic import model_validator

from rehearsal.plugins.openstack.fields import (
    FORCES,
    SET,
    Arguments,
    DottedDomain,
    Flag,
    Id,
    Labels,
    Ref,
    Text,
    Texts,
    Whole,
    between,
    items,
    known,
    one_of,
)
from rehearsal.plugins.openstack.resource_type import PROJECT_ID, OpenStackType, Situation, refuse, region
from rehearsal.plugins.openstack.tokens import RECORD_SET, ZONE

TTL = between(0, 2**31 - 1)
KINDS = ("A", "AAAA", "CAA", "CNAME", "MX", "NAPTR", "NS", "PTR", "SOA", "SPF", "SRV", "SSHFP", "TXT")


class ZoneArguments(Arguments):
    """Inputs of a zone."""

    attributes: Annotated[Labels | None, FORCES] = None
    description: Text | None = None
    disable_status_check: Flag | None = False
    email: Text | None = None
    masters: Annotated[Texts | None, SET] = None
    name: Annotated[DottedDomain | None, FORCES] = None
    project_id: Annotated[Text | None, FORCES] = None
    region: Annotated[Text | None, FORCES] = None
    ttl: Annotated[Whole, TTL] | None = None
    type: Annotated[Annotated[Text, one_of("PRIMARY", "SECONDARY")] | None, FORCES] = None
    value_specs: Annotated[Labels | None, FORCES] = None

    @model_validator(mode="after")
    def _kind_of_zone(self) -> ZoneArguments:
        if not self.name:
            raise ValueError("`name` is required: a domain with a dot at its end")
        if known(self.type) and self.type == "SECONDARY":
            if not self.masters:
                raise ValueError("`masters` is required for a SECONDARY zone")
        elif known(self.type) and not self.email:
            raise ValueError("`email` is required for a PRIMARY zone")
        return self


class RecordSetArguments(Arguments):
    """Inputs of a record set."""

    records: Annotated[Texts, SET]
    zone_id: Annotated[Id, FORCES, Ref((ZONE,), "cascade")]
    description: Text | None = None
    disable_status_check: Flag | None = False
    name: Annotated[DottedDomain | None, FORCES] = None
    project_id: Annotated[Text | None, FORCES] = None
    region: Annotated[Text | None, FORCES] = None
    ttl: Annotated[Whole, TTL] | None = None
    type: Annotated[Annotated[Text, one_of(*KINDS)] | None, FORCES] = None
    value_specs: Annotated[Labels | None, FORCES] = None

    @model_validator(mode="after")
    def _records_of_the_kind(self) -> RecordSetArguments:
        if not self.name:
            raise ValueError("`name` is required: a domain with a dot at its end")
        if not self.records:
            raise ValueError("`records` needs one value or more")
        versions = {"A": 4, "AAAA": 6}
        for record in items(self.records):
            if not known(self.type) or self.type not in versions:
                continue
            try:
                right = ip_address(record).version == versions[self.type]
            except ValueError:
                right = False
            if not right:
                raise ValueError(
                    f"`records` holds {record!r}, which is no address for a record of type {self.type}"
                )
        return self


def _zone_is_new(s: Situation) -> None:
    if any(e.inputs.get("name") == s.inputs["name"] for e in s.others(ZONE)):
        refuse(f"409: zone {s.inputs['name']!r} already exists", "name")


def _set_fits(s: Situation) -> None:
    zone = s.record.get(ZONE, s.inputs["zoneId"])
    name, kind = s.inputs["name"], s.inputs.get("type")
    if zone and name != zone.inputs["name"] and not name.endswith("." + zone.inputs["name"]):
        refuse(f"400: {name} is not inside zone {zone.inputs['name']}", "name")
    for other in s.others(RECORD_SET):
        if (other.inputs["zoneId"], other.inputs["name"], other.inputs.get("type")) == (
            s.inputs["zoneId"],
            name,
            kind,
        ):
            refuse(f"409: record set {name} of type {kind} already exists", "name")


ROWS = (
    OpenStackType(
        token=ZONE,
        noun="zone",
        service="Designate",
        arguments=ZoneArguments,
        computed={"email": "", "ttl": 3600, "type": "PRIMARY", "masters": [],
                  "attributes": {}, "region": region, "projectId": PROJECT_ID},
        rules=(_zone_is_new,),
        named=False,
    ),
    OpenStackType(
        token=RECORD_SET,
        noun="record set",
        service="Designate",
        arguments=RecordSetArguments,
        computed={"ttl": 3600, "region": region, "projectId": PROJECT_ID},
        rules=(_set_fits,),
        identify=lambda i: f"{i['zoneId']}/{uuid.uuid4()}",
        named=False,
    ),
)  # fmt: skip
