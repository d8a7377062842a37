"""What finds again something that the estate has made, asked of the real services."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from rehearsal.openstack_services.session import Session
from rehearsal.plugins.backend import Properties
from rehearsal.plugins.openstack import tokens
from rehearsal.plugins.openstack.lookups import BY_ARGUMENTS, PORT_IDS, only
from rehearsal.plugins.openstack.services import magnum, neutron
from rehearsal.plugins.openstack.services.api import Api

_APIS: Final[Mapping[str, Api]] = {**neutron.APIS, **magnum.APIS}


def find(session: Session, type: str, wanted: Mapping[str, Any]) -> list[str]:
    """The ids of those of a type that have every property that is wanted, by the names of inputs."""
    api = _APIS[type]
    in_cluster = type == tokens.NODE_GROUP
    path = f"/clusters/{wanted['clusterId']}/nodegroups" if in_cluster else api.path
    body = api.body(dict(wanted))
    key = path.rpartition("/")[2].replace("-", "_")
    return [
        str(answer.get("id") or answer["uuid"])
        for answer in session.get(api.service, path)[key]
        if all(answer.get(name) == value for name, value in body.items())
    ]


def _one(type: str, session: Session, arguments: Properties) -> Properties:
    """The one of a type that has every argument."""
    wanted = {key: value for key, value in arguments.items() if key != "region"}
    return {**arguments, "id": only(find(session, type, wanted))}


def _ports(session: Session, arguments: Properties) -> Properties:
    """The ports of a device."""
    ports = session.get("network", "/v2.0/ports", params={"device_id": arguments.get("deviceId")})["ports"]
    return {**arguments, "id": arguments.get("region", ""), "ids": [port["id"] for port in ports]}


LOOKUPS: Final[Mapping[str, Callable[[Session, Properties], Properties]]] = {
    **{function: partial(_one, type) for function, type in BY_ARGUMENTS.items()},
    PORT_IDS: _ports,
}

__all__ = ["LOOKUPS", "find"]
