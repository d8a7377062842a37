"""Which inputs differ, and how a preview shows it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from rehearsal.plugins.backend import Properties, Value
from rehearsal.plugins.protocol import provider

_PLAIN_KEY = re.compile(r"[A-Za-z_$][\w$]*\Z")


def changed_keys(old: Properties, new: Properties) -> frozenset[str]:
    """Top-level keys whose values differ; None and an absent key are the same thing.

    An UNKNOWN new value differs from every old value: a preview must show what may change.
    """
    return frozenset(k for k in old.keys() | new.keys() if not _same(old.get(k), new.get(k)))


def _same(old: Value, new: Value) -> bool:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return all(_same(old.get(k), new.get(k)) for k in old.keys() | new.keys())
    if isinstance(old, (list, tuple)) and isinstance(new, (list, tuple)):
        return len(old) == len(new) and all(map(_same, old, new))
    if isinstance(old, bool) or isinstance(new, bool):
        return old is new
    return bool(old == new)


def detailed(
    old: Properties, new: Properties, changed: Iterable[str], replaces: frozenset[str]
) -> dict[str, provider.PropertyDiff]:
    """A PropertyDiff per changed leaf below the changed keys; lists count as one value."""
    found: dict[str, provider.PropertyDiff] = {}
    for key in sorted(changed):
        before = len(found)
        _walk(old.get(key), new.get(key), _path("", key), key in replaces, found)
        if len(found) == before:
            # The backend sees a difference that the plain values do not show.
            found[_path("", key)] = _kind("UPDATE", key in replaces)
    return found


def _walk(old: Value, new: Value, path: str, replace: bool, into: dict[str, provider.PropertyDiff]) -> None:
    if _same(old, new):
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted(old.keys() | new.keys()):
            _walk(old.get(key), new.get(key), _path(path, key), replace, into)
        return
    into[path] = _kind("ADD" if old is None else "DELETE" if new is None else "UPDATE", replace)


def _path(parent: str, key: str) -> str:
    if _PLAIN_KEY.match(key):
        return f"{parent}.{key}" if parent else key
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'{parent}["{escaped}"]'


def _kind(kind: str, replace: bool) -> provider.PropertyDiff:
    number = provider.PropertyDiff.Kind.Value(f"{kind}_REPLACE" if replace else kind)
    return provider.PropertyDiff(kind=number, inputDiff=True)


__all__ = ["changed_keys", "detailed"]
