"""What a person sees of the rehearsed cloud by OpenStack's own client, where no provider's function looks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from rehearsal.home import Home
from rehearsal.plugins.openstack import tokens

if TYPE_CHECKING:
    from rehearsal.openstack_services.session import Session

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

    That is for the types of another cloud, and where the services do not run.
    """
    if not type.startswith("openstack:") or (session := _session(home)) is None:
        return None
    from rehearsal.plugins.openstack.services.lookups import find

    keys = _RULE if type == tokens.SEC_GROUP_RULE else ("name",)
    return find(session, type, {key: inputs.get(key) for key in keys})


def held(home: Home) -> set[str]:
    """The ids of all that the estate's project has; none where the services do not run."""
    if (session := _session(home)) is None:
        return set()
    from rehearsal.plugins.openstack.services.holdings import held

    return held(session)


def _session(home: Home) -> Session | None:
    # Only here: the extra `estate` reads what stands, and has no HTTP client.
    from rehearsal.openstack_services import services
    from rehearsal.openstack_services.session import Session

    cloud = services.running(home)
    return None if cloud is None else Session.of(cloud)


__all__ = ["held", "ids"]
