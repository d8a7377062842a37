"""Gathering what is wrong with an object, by the path of the field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rehearsal.plugins.backend import Unknown


@dataclass
class Faults:
    """Faults found so far, in the order of the fields that were looked at."""

    found: list[tuple[str, str]] = field(default_factory=list)

    def add(self, path: str, fault: str) -> None:
        """Note ``fault`` unless it is ""."""
        if fault:
            self.found.append((path, fault))


def known(value: Any) -> bool:
    """Whether a value can be validated: there, and no output that a preview cannot know."""
    return value is not None and not isinstance(value, Unknown)


def mapping(value: Any) -> Mapping[str, Any]:
    """The value where it is a mapping that is known, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def items(value: Any) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The known mappings of a list, with their places."""
    for place, item in enumerate(value if isinstance(value, list) else ()):
        if isinstance(item, Mapping):
            yield place, item


def any_unknown(value: Any) -> bool:
    """Whether something in a value is not known yet."""
    if isinstance(value, Mapping):
        return any(any_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(any_unknown(item) for item in value)
    return isinstance(value, Unknown)
