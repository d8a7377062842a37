"""Resources that only change their name or their parent, and without an alias are deleted and made anew."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from infra.review.change.change import KINDS, Change
from infra.review.change.values import settled
from infra.review.resource import Resource


def in_order(changes: Iterable[Change]) -> tuple[Change, ...]:
    """The gravest first; the engine's own order is another each time."""
    return tuple(sorted(changes, key=lambda each: (KINDS.index(each.kind), each.urn)))


def with_renames(changes: Mapping[str, Change], names: Mapping[str, str]) -> tuple[Change, ...]:
    """The changes in order, each added resource told with the deleted one that it is the like of."""
    gone: dict[tuple[str, str], list[Change]] = defaultdict(list)
    for change in in_order(changes.values()):
        if change.kind == "delete":
            gone[_likeness(change.resource, names)].append(change)
    found = []
    for change in in_order(changes.values()):
        if change.kind == "add" and (like := gone.get(_likeness(change.resource, names))):
            # Those that keep the last part of their URN are surely the same.
            like.sort(key=lambda each: each.resource.name != change.resource.name)
            change = replace(change, like=like.pop(0).urn)
        found.append(change)
    return in_order(found)


def _likeness(resource: Resource, names: Mapping[str, str]) -> tuple[str, str]:
    made = resource.inputs.get("__defaults")
    made = set(made) if isinstance(made, list) and all(isinstance(key, str) for key in made) else set()
    inputs = {key: value for key, value in settled(resource.inputs, names).items() if key not in made}
    return resource.type, json.dumps(inputs, sort_keys=True, default=str)
