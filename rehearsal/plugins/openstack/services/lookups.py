"""What finds again something that the estate has made, asked of the real services."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from rehearsal.openstack_services.session import Session
from rehearsal.plugins.backend import Properties, Refused
from rehearsal.plugins.openstack import tokens
from rehearsal.plugins.openstack.services import magnum, neutron, nova
from rehearsal.plugins.openstack.services.api import Api

_FORM: Final = "openstack:{0}/get{1}:get{1}"
_BY_ARGUMENTS: Final[Mapping[str, str]] = {
    _FORM.format("containerinfra", "Cluster"): tokens.CLUSTER,
    _FORM.format("containerinfra", "ClusterTemplate"): tokens.CLUSTER_TEMPLATE,
    _FORM.format("containerinfra", "NodeGroup"): tokens.NODE_GROUP,
    _FORM.format("networking", "FloatingIp"): tokens.FLOATING_IP,
    _FORM.format("networking", "Router"): tokens.ROUTER,
    _FORM.format("networking", "SecGroup"): tokens.SEC_GROUP,
    _FORM.format("networking", "Subnet"): tokens.SUBNET,
}
"""The type whose one member a function finds."""
_APIS: Final[Mapping[str, Api]] = {**neutron.APIS, **magnum.APIS, **nova.APIS}


def find(session: Session, type: str, wanted: Mapping[str, Any]) -> list[str]:
    """The ids of those of a type that have every property that is wanted, by the names of inputs."""
    api = _APIS[type]
    in_cluster = type == tokens.NODE_GROUP
    path = f"/clusters/{wanted['clusterId']}/nodegroups" if in_cluster else api.path
    body = api.body(dict(wanted))
    key = path.rpartition("/")[2].removeprefix("os-").replace("-", "_")
    return [
        str(answer.get("id") or answer["uuid"])
        for answer in session.get(api.service, path)[key]
        if all(answer.get(name) == value for name, value in body.items())
    ]


def _one(type: str, session: Session, arguments: Properties) -> Properties:
    """The one of a type that has every argument."""
    found = find(session, type, {key: value for key, value in arguments.items() if key != "region"})
    if len(found) != 1:
        number = "no results" if not found else "more than one result"
        raise Refused(f"Your query returned {number}. Please change your search criteria and try again.")
    return {**arguments, "id": found[0]}


def _ports(session: Session, arguments: Properties) -> Properties:
    """The ports of a device."""
    ports = session.get("network", "/v2.0/ports", params={"device_id": arguments.get("deviceId")})["ports"]
    return {**arguments, "id": arguments.get("region", ""), "ids": [port["id"] for port in ports]}


LOOKUPS: Final[Mapping[str, Callable[[Session, Properties], Properties]]] = {
    **{function: partial(_one, type) for function, type in _BY_ARGUMENTS.items()},
    _FORM.format("networking", "PortIds"): _ports,
}

__all__ = ["LOOKUPS", "find"]
