"""Data sources where nobody is asked: a preview of a cloud's stack takes what the settings name as there."""

from __future__ import annotations

import uuid
from typing import Final

from rehearsal.plugins.backend import Properties, Refused
from rehearsal.plugins.openstack.services.functions import GET_NETWORK, GET_SECRET

PLACEHOLDER: Final = "placeholder: a rehearsal cannot open secrets"


def call(token: str, arguments: Properties) -> Properties:
    """The network or secret of a name. Raises Refused for what only a cloud can answer."""
    name = arguments.get("name")
    if token not in (GET_NETWORK, GET_SECRET):
        raise Refused(f"{token} is asked of a cloud that stands, and none does")
    if not isinstance(name, str) or not name:
        raise Refused(
            f"`name` is required: a preview without the cloud knows what is there by its name alone "
            f"(given: {', '.join(sorted(arguments)) or 'nothing'})",
            property="name",
        )
    noun = "network" if token == GET_NETWORK else "secret"
    id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"isthmus-rehearsal:{noun}/{name}"))
    if token == GET_NETWORK:
        return {
            "external": True, "adminStateUp": "true", "shared": "true", "allTags": [], "mtu": 1500,
            "availabilityZoneHints": [], "segments": [], "subnets": [], "dnsDomain": "",
            "transparentVlan": False, **arguments, "id": id, "networkId": id,
        }  # fmt: skip
    return {
        "secretType": "opaque", "status": "ACTIVE", **arguments, "id": id, "secretRef": f"secrets/{id}",
        "payload": PLACEHOLDER, "payloadContentType": "text/plain",
    }  # fmt: skip


__all__ = ["PLACEHOLDER", "call"]
