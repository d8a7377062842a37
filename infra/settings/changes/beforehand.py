"""What an estate that stands says to changed settings before anything is touched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.settings.changes.steps import steps, too_far, versions
from infra.settings.changes.table import change_of
from infra.settings.keys import values
from infra.settings.model import Settings
from infra.settings.subnets import places, room
from isthmus.settings.errors import Problem
from isthmus.settings.sentences import show

OUTPUT = "standing"
"""The stack's output that says what the estate was brought up with."""
ABSENT = ""
"""Stands in the output for a setting that is absent."""
ORDERLESS = frozenset({"serving.sites"})
"""Lists whose order changes nothing."""


@dataclass(frozen=True)
class Standing:
    """What stands: values by key of those settings whose change is refused or warned of, and the zones'
    places.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    zones: Mapping[str, int] = field(default_factory=dict)
    """Which part of the VPC's network the subnets of each zone have."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Of the EKS cluster (``kubernetes``) and of each of its add-ons, by name."""

    @classmethod
    def of(cls, output: Any) -> Standing:
        """Read the stack's output; whatever is no such output says nothing."""
        if not isinstance(output, Mapping):
            return cls()
        settings, zones, versions = (output.get(key) for key in ("settings", "zones", "versions"))
        return cls(
            versions={str(name): str(version) for name, version in versions.items()}
            if isinstance(versions, Mapping)
            else {},
            settings={key: _read(value) for key, value in settings.items()}
            if isinstance(settings, Mapping)
            else {},
            zones={str(zone): int(part) for zone, part in zones.items()}
            if isinstance(zones, Mapping)
            else {},
        )


def resized(settings: Settings, standing: Standing) -> frozenset[str]:
    """Keys of groups of nodes whose new bounds their cloud does not take: ``aws.gpu_pools.training``.

    How many nodes there are is left to the autoscaler, but no cloud takes bounds that leave that number out.
    EKS tells how many there are; of a private group Magnum knows the most that it may have.
    """
    now, found = _all(settings), set[str]()
    for key, was in standing.settings.items():
        group, _, bound = key.rpartition(".")
        if key not in now or not _is_bound(key):
            continue
        if key.startswith("openstack."):
            out = now[key] < was if bound == "max" else now[key] > standing.settings.get(f"{group}.max", was)
        else:
            out = now[key] > was if bound == "min" else now[key] < was
        if out:
            found.add(group)
    return frozenset(found)


def output(settings: Settings, standing: Standing) -> dict[str, Any]:
    """What the stack's output says of an estate of these settings."""
    network = settings.aws.network
    recorded = {
        key: ABSENT if value is None else value for key, value in _all(settings).items() if _is_kept(key)
    }
    return {
        "settings": recorded,
        "zones": places(room(network.cidr), network.zones, taken(settings, standing)),
        "versions": versions(settings),
    }


def taken(settings: Settings, standing: Standing) -> Mapping[str, int]:
    """The parts that zones keep: those that stand, unless the network itself is another."""
    same = standing.settings.get("aws.network.cidr") in (None, str(settings.aws.network.cidr))
    return standing.zones if same else {}


def refusals(settings: Settings, standing: Standing) -> Iterator[Problem]:
    """A problem for each changed setting that an estate which stands cannot take."""
    yield from too_far(settings, standing.settings, standing.versions)
    for key, was, now, note in _changed(settings, standing, refused=True):
        yield Problem(
            key, f"is {now}, and what stands was made with {was}. {note} Until then write {was} again"
        )


def warnings(settings: Settings, standing: Standing) -> Iterator[str]:
    """A sentence for each changed setting that moves data, or takes a part of a site down."""
    yield from steps(settings, standing.versions)
    for key, was, now, note in _changed(settings, standing, refused=False):
        yield f"{key}: {was} becomes {now}. {note}"


def _all(settings: Settings) -> Mapping[str, Any]:
    return {key: value for key, value in values(settings).items() if key != "stack"}


def _is_bound(key: str) -> bool:
    """Whether a key says how many nodes a group has at least or at most."""
    return key.endswith((".min", ".max")) and not key.startswith("serving.")


def _is_kept(key: str) -> bool:
    if _is_bound(key):
        return True
    change = change_of(key)
    return change is not None and (change.effect == "refused" or change.warns)


def _changed(settings: Settings, standing: Standing, *, refused: bool) -> Iterator[tuple[str, str, str, str]]:
    now = _all(settings)
    for key, was in standing.settings.items():
        change = change_of(key)
        if change is None or key not in now or _same(key, was, now[key]):
            continue
        if change.when_lowered and now[key] > was:
            continue
        if (change.effect == "refused") == refused and (refused or change.warns):
            yield key, show(was), show(now[key]), change.note


def _same(key: str, was: Any, now: Any) -> bool:
    return bool(sorted(was) == sorted(now) if key in ORDERLESS else was == now)


def _read(value: Any) -> Any:
    """A value as the engine hands it back: it has one kind of number, and leaves out what is null."""
    if isinstance(value, list):
        return [_read(item) for item in value]
    if value == ABSENT and isinstance(value, str):
        return None
    return int(value) if isinstance(value, float) and value.is_integer() else value
