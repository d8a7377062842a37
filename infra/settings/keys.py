"""The keys of all settings, from the models: what a page, a table or a test of every setting goes through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from infra.settings.model import Sections
from isthmus.settings.fields import flatten

NAME = "NAME"
"""Stands in a key for a name that the writer of a stack file chooses."""


@dataclass(frozen=True)
class Key:
    """A key of a stack file, and the field that it sets."""

    path: str
    """Its keys from the section down, such as ``aws.gpu_pools.NAME.max``."""
    model: type[BaseModel]
    """The model that has the field."""
    name: str
    """The field's name in the model."""
    field: FieldInfo
    holds: Literal["a value", "models by name", "a model"]


def fields_of(model: type[BaseModel] = Sections, path: str = "") -> Iterator[Key]:
    """Every key that holds a value and no further keys, in the order of the models.

    What comes by name (a pool), or may be absent as a whole, is a key of its own before those inside it.
    """
    for name, field in model.model_fields.items():
        inner, _ = flatten(field.annotation, field.metadata)
        key = f"{path}.{name}" if path else name
        by_name = get_origin(inner) is dict
        nested: Any = get_args(inner)[1] if by_name else inner
        if not (isinstance(nested, type) and issubclass(nested, BaseModel)):
            yield Key(key, model, name, field, "a value")
        elif by_name:
            yield Key(key, model, name, field, "models by name")
            yield from fields_of(nested, f"{key}.{NAME}")
        else:
            if field.default is None:
                yield Key(key, model, name, field, "a model")
            yield from fields_of(nested, key)


def keys(model: type[BaseModel] = Sections) -> Iterator[str]:
    """The paths of all keys."""
    return (key.path for key in fields_of(model))


def values(settings: BaseModel) -> Mapping[str, Any]:
    """What settings say by key, as a stack file would write it: ``{"aws.gpu_pools.training.max": 2}``.

    A section that is absent has the value None; what comes by name is there with its names.
    """
    found: dict[str, Any] = {}
    _gather(found, "", settings, settings.model_dump(mode="json"))
    return found


def _gather(found: dict[str, Any], key: str, value: Any, plain: Any) -> None:
    """Put a value, or each one within it, below its key; ``plain`` is the same as a stack file writes it.

    Numbers by name, such as the prices of flavours, are one value.
    """
    if isinstance(value, BaseModel) or (
        isinstance(value, dict) and all(isinstance(inner, BaseModel) for inner in value.values())
    ):
        for name, inner in dict(value).items():
            _gather(found, f"{key}.{name}" if key else name, inner, plain[name])
    else:
        found[key] = plain
