"""Data sources that find what the estate has made by its name, as the real provider's do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from rehearsal.plugins.backend import Properties, Refused
from rehearsal.plugins.openstack import tokens
from rehearsal.plugins.openstack.record import Content

FORM: Final = "openstack:{0}/get{1}:get{1}"
"""The token of a function, of its module and noun."""


def _one(type: str, arguments: Properties, content: Content, _: str) -> Properties:
    """The one entry of a type that has every argument."""
    matching = [
        entry
        for entry in content.of(type)
        if all(entry.outputs.get(key) == value for key, value in arguments.items())
    ]
    if len(matching) != 1:
        said = "no results" if not matching else "more than one result"
        raise Refused(f"Your query returned {said}. Please change your search criteria and try again.")
    # A node group's own id; the estate's has its cluster before it.
    return {**arguments, **matching[0].outputs, "id": matching[0].id.rpartition("/")[2]}


def _ports(arguments: Properties, content: Content, region: str) -> Properties:
    """The ports of a router, which are all that the record has."""
    router = arguments.get("deviceId")
    found = [e.id for e in content.of(tokens.ROUTER_INTERFACE) if e.inputs.get("routerId") == router]
    return {**arguments, "id": region, "ids": found}


LOOKUPS: Final[Mapping[str, Callable[[Properties, Content, str], Properties]]] = {
    FORM.format("containerinfra", "Cluster"): partial(_one, tokens.CLUSTER),
    FORM.format("containerinfra", "ClusterTemplate"): partial(_one, tokens.CLUSTER_TEMPLATE),
    FORM.format("containerinfra", "NodeGroup"): partial(_one, tokens.NODE_GROUP),
    FORM.format("networking", "PortIds"): _ports,
    FORM.format("networking", "Router"): partial(_one, tokens.ROUTER),
    FORM.format("networking", "SecGroup"): partial(_one, tokens.SEC_GROUP),
    FORM.format("networking", "Subnet"): partial(_one, tokens.SUBNET),
}

__all__ = ["FORM", "LOOKUPS"]
