"""The keys of all settings, from the models: what a page, a table or a test of every setting goes through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from infra.settings.model import Sections
from isthmus.settings.fields import flatten

NAME = "NAME"
"""Stands in a key for a name that the writer of a stack file chooses."""


def keys(model: type[BaseModel] = Sections, path: str = "") -> Iterator[str]:
    """Every key that holds a value and no further keys, in the order of the models:
    ``aws.gpu_pools.NAME.max``.

    What comes by name (a pool), or may be absent as a whole, is a key of its own before those inside it.
    """
    for name, field in model.model_fields.items():
        inner, _ = flatten(field.annotation, field.metadata)
        key = f"{path}.{name}" if path else name
        nested: Any = get_args(inner)[1] if get_origin(inner) is dict else inner
        if not (isinstance(nested, type) and issubclass(nested, BaseModel)):
            yield key
            continue
        if nested is not inner:
            yield key
            yield from keys(nested, f"{key}.{NAME}")
            continue
        if not field.is_required() and field.default is None:
            yield key
        yield from keys(nested, key)


def values(settings: BaseModel) -> Mapping[str, Any]:
    """What settings say by key, as a stack file would write it: ``{"aws.gpu_pools.training.max": 2}``.

    A section that is absent has the value None; what comes by name is there with its names.
    """
    found: dict[str, Any] = {}
    _gather(found, "", settings, settings.model_dump(mode="json"))
    return found


def _gather(found: dict[str, Any], key: str, value: Any, plain: Any) -> None:
    """Put a value, or each one within it, below its key; ``plain`` is the same as a stack file writes it."""
    if isinstance(value, BaseModel | dict):
        for name, inner in dict(value).items():
            _gather(found, f"{key}.{name}" if key else name, inner, plain[name])
    else:
        found[key] = plain
