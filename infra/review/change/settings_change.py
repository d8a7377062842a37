"""What differs between two versions of a stack file, and on which line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from infra.review.change.values import HIDDEN, secretive, shown
from infra.review.resource import Place
from infra.settings.changes import CHANGES, change_of
from infra.settings.changes import Change as Effect
from isthmus.stack_files import parse
from isthmus.stack_files.lines import lines
from isthmus.stack_files.refusal import Path

_PREFIX: Final = "isthmus:"
_CONFIG: Final = "config"


@dataclass(frozen=True)
class SettingChange:
    """One setting that another value was written for."""

    key: str
    """As people write it: ``aws.gpu_pools.training.instance_type``."""
    before: str
    """As it may be shown; "" where it was not written."""
    after: str
    """The same; "" where it is written no more."""
    place: Place
    """In the new file, or in the old one where it is written no more."""
    values: frozenset[str] = frozenset()
    """The old and the new scalars, to be found again in resources."""

    @property
    def effect(self) -> Effect | None:
        """What the table of changes says of it, of what it is a part of, or of what it holds."""
        parts = self.key.split(".")
        above = (".".join(parts[:count]) for count in range(len(parts), 1, -1))
        rows = [row for row in map(change_of, above) if row is not None]
        inside = [row for key, row in CHANGES.items() if key.startswith(f"{self.key}.")]
        return next(iter((*rows, *inside)), None)

    def __str__(self) -> str:
        return f"{self.key}: {self.before or 'absent'} → {self.after or 'absent'}"


def settings_changes(before: bytes, after: bytes, file: str) -> tuple[SettingChange, ...]:
    """Every setting that differs between two versions of one stack file. Raises StackFileError."""
    old, new = parse(before).config, parse(after).config
    were, are = lines(before), lines(after)
    found = []
    for path, was, now in _differences(old, new, ()):
        key = ".".join(map(str, path)).removeprefix(_PREFIX)
        at = (_CONFIG, *path)
        line = _line(at, are) if now is not None else _line(at, were)
        values = frozenset(_scalars(was)) | frozenset(_scalars(now))
        old_text, new_text = _shown(was, path), _shown(now, path)
        found.append(SettingChange(key, old_text, new_text, Place(file, line), values))
    return tuple(found)


def _line(path: Path, known: Mapping[Path, int]) -> int:
    """The line of a path, or of the nearest key above it that stands in the file itself."""
    while path:
        if path in known:
            return known[path]
        path = path[:-1]
    return 0


def _differences(before: Any, after: Any, path: Path) -> Iterator[tuple[Path, Any, Any]]:
    if before == after and isinstance(before, bool) == isinstance(after, bool):
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping) and "secure" not in after:
        for key in dict.fromkeys((*before, *after)):
            yield from _differences(before.get(key), after.get(key), (*path, key))
    else:
        yield path, before, after


def _shown(value: Any, path: Path) -> str:
    hides = secretive(str(path[-1])) or (isinstance(value, Mapping) and "secure" in value)
    return HIDDEN if hides and value is not None else shown(value)


def _scalars(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _scalars(item)
    elif isinstance(value, list):
        for item in value:
            yield from _scalars(item)
    elif value is not None and not isinstance(value, bool):
        yield str(value)
