"""Data sources: what a program may ask the rehearsed cloud."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from typing import Final

from rehearsal.plugins.backend import UNKNOWN, Properties, Refused, UnknownType
from rehearsal.plugins.openstack.catalogue import catalogue_id
from rehearsal.plugins.openstack.record import Content, Entry
from rehearsal.plugins.openstack.resource_type import PROJECT_ID, USER_ID
from rehearsal.plugins.openstack.tokens import FLAVOR, NETWORK, SECRET

GET_NETWORK = "openstack:networking/getNetwork:getNetwork"
GET_IMAGE = "openstack:images/getImage:getImage"
GET_FLAVOR = "openstack:compute/getFlavor:getFlavor"
GET_SECRET = "openstack:keymanager/getSecret:getSecret"  # noqa: S105 - a function token
PLACEHOLDER: Final = "placeholder: a rehearsal cannot open secrets"


def _one(found: list[Entry], noun: str, arguments: Properties) -> Entry | None:
    if len(found) > 1:
        shown = ", ".join(f"{key} {value!r}" for key, value in sorted(arguments.items()))
        raise Refused(f"{len(found)} {noun}s match {shown}; name one by its id")
    return found[0] if found else None


def _matching(type: str, arguments: Properties, content: Content, keys: dict[str, str]) -> list[Entry]:
    """Entries whose outputs equal each given argument (argument name -> output name, "" for the id)."""
    asked = {output: arguments[key] for key, output in keys.items() if arguments.get(key) is not None}
    return [
        entry
        for entry in content.of(type)
        if all(
            (entry.id if output == "" else entry.outputs.get(output)) == value
            for output, value in asked.items()
        )
    ]


def _need_name(arguments: Properties, noun: str, *others: str) -> str:
    name = arguments.get("name")
    if not isinstance(name, str) or not name:
        raise Refused(
            f"`name` is required: a rehearsed cloud knows pre-existing {noun}s by their names alone "
            f"(given: {', '.join(sorted(set(arguments) | set(others))) or 'nothing'})",
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
    if entry := _one(_matching(NETWORK, arguments, content, keys), "network", arguments):
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


def get_image(arguments: Properties, _: Content, region: str) -> Properties:
    """The pre-existing image of that name."""
    name = _need_name(arguments, "image", "nameRegex" if "nameRegex" in arguments else "")
    id = catalogue_id("image", name)
    return {
        **arguments, "id": id, "name": name, "region": region,
        "containerFormat": "bare", "diskFormat": "qcow2",
        "checksum": hashlib.sha256(id.encode()).hexdigest()[:32], "createdAt": "2026-01-01T00:00:00Z",
        "updatedAt": "2026-01-01T00:00:00Z", "file": f"/v2/images/{id}/file", "metadata": {}, "minDiskGb": 0,
        "minRamMb": 0, "owner": PROJECT_ID, "properties": arguments.get("properties") or {},
        "protected": False,
        "schema": "/v2/schemas/image", "sizeBytes": 0, "tags": arguments.get("tags") or [],
    }  # fmt: skip


def get_flavor(arguments: Properties, content: Content, region: str) -> Properties:
    """A flavour of the record, else the pre-existing one of that name (of unknown size, given as 0)."""
    keys = {"name": "name", "flavorId": "", "ram": "ram", "vcpus": "vcpus", "disk": "disk"}
    found = _matching(FLAVOR, arguments, content, keys)
    if entry := _one(found, "flavour", arguments):
        return {"id": entry.id, **arguments, **entry.outputs, "flavorId": entry.id}
    name = _need_name(arguments, "flavour")
    id = catalogue_id("flavor", name)
    sizes = {key: 0 for key in ("disk", "ram", "swap", "vcpus")}
    return {**sizes, "extraSpecs": {}, "rxTxFactor": 1.0, "isPublic": True, "description": "", **arguments,
            "id": id, "flavorId": id, "name": name, "region": region}  # fmt: skip


def get_secret(arguments: Properties, content: Content, region: str) -> Properties:
    """A secret of the record, a seeded one, else a placeholder that says what it is."""
    entry = _one(
        _matching(SECRET, arguments, content, {"name": "name", "secretType": "secretType"}),
        "secret",
        arguments,
    )
    if entry is not None:
        return {
            **arguments,
            **entry.outputs,
            "id": entry.id,
            "metadata": entry.outputs.get("allMetadata", {}),
            "acls": [],
        }
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
    GET_IMAGE: get_image,
    GET_FLAVOR: get_flavor,
    GET_SECRET: get_secret,
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
