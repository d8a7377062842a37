"""What a person sees of the rehearsed cloud by OpenStack's own client, where no provider's function looks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rehearsal.home import Home
from rehearsal.openstack_services import choice
from rehearsal.plugins.openstack import tokens
from rehearsal.plugins.openstack.record import Record

_RULE: Final = (
    "securityGroupId",
    "direction",
    "ethertype",
    "protocol",
    "portRangeMin",
    "portRangeMax",
    "remoteIpPrefix",
    "remoteGroupId",
)


def ids(home: Home, type: str, inputs: Mapping[str, Any]) -> list[str] | None:
    """The ids of what looks like the one that was declared; None where nobody knows.

    That is for the types of another cloud, and where the real services should run and do not.
    """
    if not type.startswith("openstack:"):
        return None
    keys = _RULE if type == tokens.SEC_GROUP_RULE else ("name",)
    wanted = {key: inputs.get(key) for key in keys}
    if choice.of(home) is choice.Behind.REAL:
        # Only here: the extra `estate` reads what stands, and has no HTTP client.
        from rehearsal.openstack_services import services
        from rehearsal.openstack_services.session import Session
        from rehearsal.plugins.openstack.services.lookups import find

        cloud = services.running(home)
        return None if cloud is None else find(Session.of(cloud), type, wanted)
    return [
        entry.id
        for entry in Record(home.openstack / "record.json").read().of(type)
        if all(entry.inputs.get(key) == value for key, value in wanted.items())
    ]


def held(home: Home) -> set[str]:
    """The ids of all that the estate's project has; none where the services do not run."""
    if choice.of(home) is choice.Behind.REAL:
        from rehearsal.openstack_services import services
        from rehearsal.openstack_services.session import Session
        from rehearsal.plugins.openstack.services.holdings import held

        cloud = services.running(home)
        return set() if cloud is None else held(Session.of(cloud))
    return {entry.id for entry in Record(home.openstack / "record.json").read().entries.values()}


__all__ = ["held", "ids"]
