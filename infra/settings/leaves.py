"""The values of a stack file that hold no others, and which of them are encrypted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from isthmus.settings.fields import Path


def is_encrypted(value: Any) -> bool:
    """Whether a value of a stack file is ``secure: ...``."""
    return isinstance(value, dict) and set(value) == {"secure"} and isinstance(value["secure"], str)


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value below a path that holds no others and is not encrypted, by its path."""
    if is_encrypted(value):
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, str(key)))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, (*path, index))
    else:
        yield path, value
