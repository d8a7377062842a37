"""Data sources that find what the estate has made by its name, as the real provider's do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final, TypeVar

from rehearsal.plugins.backend import Properties, Refused
from rehearsal.plugins.openstack import tokens
from rehearsal.plugins.openstack.record import Content

T = TypeVar("T")

_FORM: Final = "openstack:{0}/get{1}:get{1}"
PORT_IDS: Final = _FORM.format("networking", "PortIds")
BY_ARGUMENTS: Final[Mapping[str, str]] = {
    _FORM.format("containerinfra", "Cluster"): tokens.CLUSTER,
    _FORM.format("containerinfra", "ClusterTemplate"): tokens.CLUSTER_TEMPLATE,
    _FORM.format("containerinfra", "NodeGroup"): tokens.NODE_GROUP,
    _FORM.format("networking", "Router"): tokens.ROUTER,
    _FORM.format("networking", "SecGroup"): tokens.SEC_GROUP,
    _FORM.format("networking", "Subnet"): tokens.SUBNET,
}
"""The type whose one member a function finds."""


def only(found: Sequence[T]) -> T:
    """The one that was found. Raises Refused, as the real provider does."""
    if len(found) != 1:
        number = "no results" if not found else "more than one result"
        raise Refused(f"Your query returned {number}. Please change your search criteria and try again.")
    return found[0]


def _one(type: str, arguments: Properties, content: Content, _: str) -> Properties:
    """The one entry of a type that has every argument."""
    matching = [
        entry
        for entry in content.of(type)
        if all(entry.outputs.get(key) == value for key, value in arguments.items())
    ]
    entry = only(matching)
    # A node group's own id; the estate's has its cluster before it.
    return {**arguments, **entry.outputs, "id": entry.id.rpartition("/")[2]}


def _ports(arguments: Properties, content: Content, region: str) -> Properties:
    """The ports of a router, which are all that the record has."""
    router = arguments.get("deviceId")
    found = [e.id for e in content.of(tokens.ROUTER_INTERFACE) if e.inputs.get("routerId") == router]
    return {**arguments, "id": region, "ids": found}


LOOKUPS: Final[Mapping[str, Callable[[Properties, Content, str], Properties]]] = {
    **{function: partial(_one, type) for function, type in BY_ARGUMENTS.items()},
    PORT_IDS: _ports,
}

__all__ = ["BY_ARGUMENTS", "LOOKUPS", "PORT_IDS", "only"]
