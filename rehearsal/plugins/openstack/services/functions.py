"""Data sources, asked of the real services."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from rehearsal.openstack_services.session import Session
from rehearsal.plugins.backend import Properties, Refused
from rehearsal.plugins.openstack.services.lookups import LOOKUPS
from rehearsal.plugins.openstack.services.neutron import APIS
from rehearsal.plugins.openstack.tokens import NETWORK

GET_NETWORK: Final = "openstack:networking/getNetwork:getNetwork"
GET_SECRET: Final = "openstack:keymanager/getSecret:getSecret"  # noqa: S105 - a function token
SECRET_RESULTS: Final[Mapping[str, frozenset[str]]] = {GET_SECRET: frozenset({"payload"})}
ASKED: Final = {
    "name": "name",
    "networkId": "id",
    "external": "router:external",
    "description": "description",
}


def get_network(session: Session, arguments: Properties) -> Properties:
    """The one network that matches."""
    wanted = {ASKED[key]: value for key, value in arguments.items() if key in ASKED}
    found = session.get("network", "/v2.0/networks", params=wanted)["networks"]
    network = _one(found, "network", arguments)
    shown = APIS[NETWORK].show(network, {"name": "", "mtu": 0})
    told = {
        "id": network["id"], "networkId": network["id"], "subnets": network["subnets"],
        # Texts, as the real provider has them.
        "adminStateUp": str(network["admin_state_up"]).lower(), "shared": str(network["shared"]).lower(),
        "region": arguments.get("region", ""), "segments": [], "dnsDomain": "", "transparentVlan": False,
    }  # fmt: skip
    return {**arguments, **shown, **told}


def get_secret(session: Session, arguments: Properties) -> Properties:
    """The one secret of that name, opened."""
    name = arguments.get("name")
    found = session.get("key-manager", "/v1/secrets", params={"name": name})["secrets"]
    secret = _one(found, "secret", arguments)
    id = secret["secret_ref"].rpartition("/")[2]
    opened = session.request(
        "key-manager", "GET", f"/v1/secrets/{id}/payload", headers={"Accept": "text/plain"}
    )
    return {
        **arguments, "id": id, "secretRef": secret["secret_ref"], "status": secret["status"],
        "payload": str(opened.text), "secretType": secret["secret_type"],
        "payloadContentType": "text/plain",
    }  # fmt: skip


def _one(found: list[Properties], noun: str, arguments: Properties) -> Properties:
    if len(found) != 1:
        shown = ", ".join(f"{key} {value!r}" for key, value in sorted(arguments.items()))
        raise Refused(f"{len(found) or 'no'} {noun}s match {shown}; the estate needs one")
    return found[0]


FUNCTIONS: Final[Mapping[str, Callable[[Session, Properties], Properties]]] = {
    GET_NETWORK: get_network,
    GET_SECRET: get_secret,
    **LOOKUPS,
}
