"""What a person sees of the rehearsed cloud by OpenStack's own client, where no provider's function looks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

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


def ids(folder: Path, type: str, inputs: Mapping[str, Any]) -> list[str] | None:
    """The ids of what looks like the one that was declared; None for another cloud's types."""
    if not type.startswith("openstack:"):
        return None
    keys = _RULE if type == tokens.SEC_GROUP_RULE else ("name",)
    return [
        entry.id
        for entry in Record(folder / "record.json").read().of(type)
        if all(entry.inputs.get(key) == inputs.get(key) for key in keys)
    ]


__all__ = ["ids"]
