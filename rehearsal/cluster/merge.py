"""Server-side apply: what one manager said last time and no longer says goes, what others said stays."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

_MISSING = object()


def apply(live: Mapping[str, Any], before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """``live`` after a manager whose last word was ``before`` says ``now``. Lists count as one value."""
    merged: dict[str, Any] = copy.deepcopy(dict(live))
    for key in before.keys() - now.keys():
        _drop(merged, key, before[key])
    for key, value in now.items():
        here = merged.get(key)
        if isinstance(value, Mapping) and isinstance(here, Mapping):
            previous = before.get(key)
            merged[key] = apply(here, previous if isinstance(previous, Mapping) else {}, value)
        else:
            merged[key] = copy.deepcopy(value)
    return merged


def conflicts(live: Any, before: Any, now: Any, path: str = "") -> list[str]:
    """Fields that a manager set before and sets now, and somebody else has set otherwise meanwhile."""
    if all(isinstance(each, Mapping) for each in (live, before, now)):
        keys = [key for key in now if key in before and key in live]
        return [
            found for key in keys for found in conflicts(live[key], before[key], now[key], f"{path}.{key}")
        ]
    return [] if _says(live, before) or _says(live, now) else [path]


def _says(live: Any, applied: Any) -> bool:
    """Whether a live value is what was applied, with whatever the defaults added to it."""
    if isinstance(live, Mapping) and isinstance(applied, Mapping):
        return all(key in live and _says(live[key], value) for key, value in applied.items())
    if isinstance(live, list) and isinstance(applied, list):
        return len(live) == len(applied) and all(map(_says, live, applied))
    return bool(live == applied)


def _drop(merged: dict[str, Any], key: str, previous: Any) -> None:
    here = merged.get(key)
    if isinstance(here, dict) and isinstance(previous, Mapping):
        for inner in previous:
            _drop(here, inner, previous[inner])
        if not here:
            del merged[key]
    else:
        merged.pop(key, None)


def at(value: Any, path: str) -> Any:
    """The value at a dotted path, None where there is none."""
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def put(value: dict[str, Any], path: str, new: Any) -> dict[str, Any]:
    """``value`` with another one at a dotted path."""
    key, _, rest = path.partition(".")
    inner = value.get(key)
    return {**value, key: put(inner if isinstance(inner, dict) else {}, rest, new) if rest else new}


def shaped_like(live: Any, shape: Any) -> Any:
    """The part of ``live`` that ``shape`` speaks of: what a manager's own words have become."""
    if isinstance(live, Mapping) and isinstance(shape, Mapping):
        return {key: shaped_like(live[key], value) for key, value in shape.items() if key in live}
    if isinstance(live, list) and isinstance(shape, list) and len(live) == len(shape):
        return [shaped_like(item, other) for item, other in zip(live, shape, strict=True)]
    return copy.deepcopy(live)
