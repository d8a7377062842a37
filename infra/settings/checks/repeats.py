"""No list names a thing twice: what is made for each entry would be made twice, and clouds refuse that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from infra.settings.model import Settings
from isthmus.settings.errors import Problem

BY_PLACE = frozenset({"link.inside_cidrs", "link.key_generations"})
"""Lists whose entries are of four tunnels: equal networks overlap, which is said, and generations count."""


def repeats(settings: Settings) -> Iterator[Problem]:
    """A problem for each entry of a list that stands in the list before it."""
    yield from _walk(settings, "")


def _walk(value: Any, path: str) -> Iterator[Problem]:
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _walk(getattr(value, name), f"{path}.{name}" if path else name)
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _walk(inner, f"{path}.{name}")
    elif isinstance(value, tuple) and path not in BY_PLACE:
        for index, entry in enumerate(value):
            here = f"{path}[{index}]"
            if entry in value[:index]:
                shown = "the same" if isinstance(entry, BaseModel) else entry
                yield Problem(here, f"is {shown} once more, as {path}[{value.index(entry)}] is: name it once")
            yield from _walk(entry, here)
