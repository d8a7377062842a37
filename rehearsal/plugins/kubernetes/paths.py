"""Values in objects by dotted paths, and the part of an object that somebody speaks of."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any


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
