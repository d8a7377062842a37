"""Say in words what a field accepts: the same words in a refusal and on the reference page."""

from __future__ import annotations

from collections.abc import Iterable
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from isthmus.settings.annotations import Allowed, Unit

Path = tuple[str | int, ...]


def dotted(path: Path) -> str:
    """A path as people write it: ``aws.network.zones[0]``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def flatten(annotation: Any, metadata: Iterable[Any] = ()) -> tuple[Any, list[Any]]:
    """Take ``Annotated`` and ``| None`` off a type, and hand back what they carried."""
    carried = list(metadata)
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation, *more = get_args(annotation)
            for item in more:
                carried += item.metadata if isinstance(item, FieldInfo) else [item]
        elif origin in (Union, UnionType):
            (annotation,) = (arg for arg in get_args(annotation) if arg is not NoneType)
        else:
            return annotation, carried


def _first(metadata: Iterable[Any], kind: type) -> Any:
    return next((item for item in metadata if isinstance(item, kind)), None)


def unit(annotation: Any, metadata: Iterable[Any] = ()) -> str:
    """The unit of a number, or of the numbers in a list; empty where there is none."""
    annotation, carried = flatten(annotation, metadata)
    if get_origin(annotation) is tuple:
        return unit(get_args(annotation)[0])
    found = _first(carried, Unit)
    return found.name if found else ""


def _digits(bound: Any) -> str:
    """A bound to its last digit, as a stack file would write it: 0.01, 1048576, 1."""
    return str(int(bound)) if bound == int(bound) else repr(bound)


def _number(word: str, metadata: list[Any]) -> str:
    least, above = _first(metadata, Ge), _first(metadata, Gt)
    most, below = _first(metadata, Le), _first(metadata, Lt)
    low = f"of at least {_digits(least.ge)}" if least else f"above {_digits(above.gt)}" if above else ""
    high = f"at most {_digits(most.le)}" if most else f"below {_digits(below.lt)}" if below else ""
    if least and most:
        bounds = f"from {_digits(least.ge)} to {_digits(most.le)}"
    else:
        bounds = " and ".join(
            part for part in (low, high if low or below else f"of {high}" if high else "") if part
        )
    found = _first(metadata, Unit)
    return " ".join(part for part in (word, bounds, f"({found.name})" if found else "") if part)


def _list(annotation: Any, metadata: list[Any]) -> str:
    args = get_args(annotation)
    if args[-1] is not Ellipsis:
        return f"a list of exactly {len(args)}, each {describe(args[0])}"
    least, most = _first(metadata, MinLen), _first(metadata, MaxLen)
    low, high = (least.min_length if least else 0), (most.max_length if most else None)
    size = f" of {low} to {high}" if low and high else f" of at least {low}" if low else ""
    size = f" of at most {high}" if high and not low else size
    return f"a list{size}, each {describe(args[0])}"


def describe(annotation: Any, metadata: Iterable[Any] = ()) -> str:
    """What a type accepts, as the end of a sentence that begins with "allowed is"."""
    annotation, carried = flatten(annotation, metadata)
    if allowed := _first(carried, Allowed):
        return str(allowed.text)
    if get_origin(annotation) is Literal:
        choices = get_args(annotation)
        return ("one of " if len(choices) > 1 else "") + ", ".join(map(str, choices))
    if get_origin(annotation) is tuple:
        return _list(annotation, carried)
    if get_origin(annotation) is dict:
        return "entries by name"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return f"a mapping with the keys {', '.join(annotation.model_fields)}"
    words = {bool: "true or false", str: "a text", int: "a whole number", float: "a number"}
    if annotation in (int, float):
        return _number(words[annotation], carried)
    return words[annotation]


def find(model: type[BaseModel], path: Path) -> tuple[Any, list[Any]] | None:
    """The type at a path below a model, with what it carries; None: there is no such key."""
    annotation: Any = model
    carried: list[Any] = []
    for part in path:
        origin = get_origin(annotation)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            field = annotation.model_fields.get(str(part))
            if field is None:
                return None
            annotation, carried = flatten(field.annotation, field.metadata)
        elif origin is dict:
            annotation, carried = flatten(get_args(annotation)[1])
        elif origin is tuple:
            annotation, carried = flatten(get_args(annotation)[0])
        else:
            return None
    return annotation, carried
