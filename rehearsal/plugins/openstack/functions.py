"""Data sources: what a program may ask the rehearsed cloud."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Final

from rehearsal.plugins.backend import UNKNOWN, Properties, Refused, UnknownType
from rehearsal.plugins.openstack.catalogue import catalogue_id
from rehearsal.plugins.openstack.lookups import LOOKUPS
from rehearsal.plugins.openstack.record import Content
from rehearsal.plugins.openstack.resource_type import PROJECT_ID, USER_ID
from rehearsal.plugins.openstack.tokens import NETWORK

GET_NETWORK = "openstack:networking/getNetwork:getNetwork"
GET_SECRET = "openstack:keymanager/getSecret:getSecret"  # noqa: S105 - a function token
PLACEHOLDER: Final = "placeholder: a rehearsal cannot open secrets"


def _need_name(arguments: Properties, noun: str) -> str:
    name = arguments.get("name")
    if not isinstance(name, str) or not name:
        raise Refused(
            f"`name` is required: a rehearsed cloud knows pre-existing {noun}s by their names alone "
            f"(given: {', '.join(sorted(arguments)) or 'nothing'})",
            property="name",
        )
    return name


def get_network(arguments: Properties, content: Content, region: str) -> Properties:
    """A network of the record, else the pre-existing one of that name: taken as external, as declared."""
    keys = {
        "name": "name",
        "networkId": "",
        "external": "external",
        "description": "description",
        "mtu": "mtu",
    }
    asked = {output: arguments[key] for key, output in keys.items() if key in arguments}
    matching = [
        entry
        for entry in content.of(NETWORK)
        if all({"": entry.id, **entry.outputs}.get(output) == value for output, value in asked.items())
    ]
    if len(matching) > 1:
        shown = ", ".join(f"{key} {value!r}" for key, value in sorted(arguments.items()))
        raise Refused(f"{len(matching)} networks match {shown}; name one by its id")
    if matching:
        (entry,) = matching
        subnets = [
            e.id
            for e in content.entries.values()
            if e.inputs.get("networkId") == entry.id and "cidr" in e.inputs
        ]
        return {"id": entry.id, **arguments, **entry.outputs, "networkId": entry.id, "subnets": subnets}
    name = _need_name(arguments, "network")
    if arguments.get("external") is False:
        raise Refused(
            f"no network {name!r} that is not external: only the estate's own are known", property="name"
        )
    id = catalogue_id("network", name)
    return {
        **arguments, "id": id, "networkId": id, "name": name, "external": True, "adminStateUp": "true",
        "shared": "true", "region": region, "tenantId": PROJECT_ID, "allTags": [],
        "availabilityZoneHints": [], "segments": [], "subnets": [], "mtu": 1500, "dnsDomain": "",
        "transparentVlan": False,
    }  # fmt: skip


def get_secret(arguments: Properties, content: Content, region: str) -> Properties:
    """A seeded secret, else a placeholder that says what it is."""
    name = _need_name(arguments, "secret")
    seeded = content.secrets.get(name, {})
    id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"isthmus-rehearsal:secret/{name}"))
    return {
        "algorithm": "", "bitLength": 0, "mode": "", "secretType": "opaque", "expiration": "", **arguments,
        "id": id, "name": name, "payload": seeded.get("payload", PLACEHOLDER),
        "payloadContentType": "text/plain",
        "payloadContentEncoding": "", "contentTypes": {"default": "text/plain"}, "region": region, "acls": [],
        "metadata": {}, "status": "ACTIVE", "creatorId": USER_ID, "createdAt": "2026-01-01T00:00:00Z",
        "updatedAt": "2026-01-01T00:00:00Z", "secretRef": f"http://127.0.0.1/rehearsal/key-manager/v1/secrets/{id}",
    }  # fmt: skip


Function = Callable[[Properties, Content, str], Properties]
FUNCTIONS: Final[dict[str, Function]] = {
    GET_NETWORK: get_network,
    GET_SECRET: get_secret,
    **LOOKUPS,
}
SECRET_RESULTS: Final[dict[str, frozenset[str]]] = {GET_SECRET: frozenset({"payload"})}


def call(token: str, arguments: Properties, content: Content, region: str) -> Properties:
    """Answer a data source. Raises UnknownType, Refused."""
    if token not in FUNCTIONS:
        raise UnknownType(f"the rehearsed OpenStack cloud has no row for the function {token}")
    known = {key: value for key, value in arguments.items() if value is not None}
    if UNKNOWN in known.values():
        raise Refused(f"{token} was asked with a value that is not known yet")
    return FUNCTIONS[token](known, content, str(known.get("region") or region))
