"""Which line made a change: that of the setting that differs, or that of the component that changed.

A setting is held to be the cause where the table of changes says that it touches the type, where its value is
found in what differs, or where its pool or its site is the resource's. Nothing is proven by that; where two
settings fit alike, both are named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from infra.review.change.change import Change
from infra.review.change.settings_change import SettingChange
from infra.review.resource import Place
from infra.settings.changes import NOUNS

_MOST: Final = 3
"""Settings that are named for one resource."""
_SECTIONS: Final = {
    "aws": "isthmus:aws:",
    "openstack": "isthmus:openstack:",
    "link": "isthmus:link:",
    "training": "isthmus:training:",
    "serving": "isthmus:serving:",
    "budget": "isthmus:aws:Budget",
}
"""How the components of a section are called."""


@dataclass(frozen=True)
class Cause:
    """Where a change comes from."""

    place: Place | None
    settings: tuple[SettingChange, ...] = ()
    """What was written anew; none where code did it."""

    def __str__(self) -> str:
        if self.settings:
            return "; ".join(f"{each} ({each.place})" for each in self.settings)
        return str(self.place) if self.place else ""


@dataclass(frozen=True)
class Written:
    """What is known of how two revisions differ."""

    settings: tuple[SettingChange, ...] = ()
    files: frozenset[str] = field(default_factory=frozenset)
    """Files of the program that differ, below the project's folder."""
    ahead: int = 0
    """Commits that the other revision has and this one has not."""


def causes(changes: Iterable[Change], written: Written) -> Mapping[str, Cause]:
    """The cause of each change, by its URN; what goes with another resource has that one's cause."""
    by_urn = {change.urn: change for change in changes}
    found: dict[str, Cause] = {}

    def find(change: Change, above: frozenset[str]) -> Cause:
        if change.urn not in found:
            puller = by_urn.get(change.goes_with)
            own = not change.goes_with or puller is None or puller.urn in above
            found[change.urn] = (
                _cause(change, written) if own or puller is None else find(puller, above | {change.urn})
            )
        return found[change.urn]

    for change in by_urn.values():
        find(change, frozenset({change.urn}))
    return found


def _cause(change: Change, written: Written) -> Cause:
    places = change.resource.places
    changed = next((place for place in places if place.file in written.files), None)
    scored = [(_score(change, setting), setting) for setting in written.settings]
    best = max((score for score, _ in scored), default=0)
    if best == 0 and len(scored) == 1 and changed is None:
        best = -1  # nothing else differs
    fitting = tuple(setting for score, setting in scored if score == best or best < 0)
    # A value that is found again tells more than that a file was touched; what is a guess tells less.
    if fitting and (best < 0 or best >= 2 or (changed is None and best > 0)):
        return Cause(fitting[0].place, fitting[:_MOST])
    return Cause(changed or next(iter(places), None))


def _score(change: Change, setting: SettingChange) -> int:
    """How much speaks for a setting; 0: nothing."""
    resource, effect = change.resource, setting.effect
    section, *rest = setting.key.split(".")
    score = 0
    if effect is not None and NOUNS.get(resource.type) in effect.what:
        score += 2
    shown = {text for each in change.properties for text in (each.before, each.after)}
    if setting.values & shown or any(
        len(value) > 3 and value in text for value in setting.values for text in shown
    ):
        score += 2
    component = _SECTIONS.get(section, "")
    if component and component in resource.urn:
        score += 1
    if rest[:1] in (["gpu_pools"], ["cpu_pools"]) and len(rest) > 1 and f"pool-{rest[1]}" in resource.name:
        score += 2
    return score
