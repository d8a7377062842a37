"""Turn what pydantic found into one sentence for each problem."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from infra.settings.errors import Problem
from infra.settings.kinds import Path, describe, dotted, find

_ENGINES_DAY = re.compile(r"(\d{4}-\d\d-\d\d) 00:00:00 \+0000 UTC")
WRONG_TYPE = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
}


def show(value: Any) -> str:
    """A value as it would stand in the file, cut to a length that a sentence bears."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 72 else f"{text[:69]}..."


def unknown_key(key: str, allowed: Iterable[str]) -> str:
    """Say that a key is not known, and which is meant or which there are."""
    names = list(allowed)
    near = get_close_matches(key, names, n=1, cutoff=0.6)
    listed = f"the keys there are: {', '.join(names)}"
    return f"is not a known key; {f'did you mean {near[0]}? ({listed})' if near else listed}"


def _allowed(model: type[BaseModel], path: Path) -> str:
    found = find(model, path)
    return describe(*found) if found else "what the reference page docs/settings.md says"


def _quoted_number(value: Any, allowed: str) -> str:
    """Add how to mend the commonest slip: a number in quotes, or a text that reads like a number."""
    if isinstance(value, str) and allowed.startswith(("a whole number", "a number")):
        return ": write it without quotes" if value.strip().lstrip("-").replace(".", "", 1).isdigit() else ""
    if isinstance(value, int | float) and not isinstance(value, bool) and "number" not in allowed[:15]:
        return ": write it in quotes"
    return ""


def days_for_texts(model: type[BaseModel], value: Any, path: Path = ()) -> Iterator[Problem]:
    """Problems for days without quotes where a text belongs: the engine hands over another text for them."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from days_for_texts(model, item, (*path, str(key)))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from days_for_texts(model, item, (*path, index))
    elif isinstance(value, str) and (day := _ENGINES_DAY.fullmatch(value)):
        found = find(model, path)
        if found is None or found[0] is not date:
            yield Problem(
                dotted(path),
                f'is the day {day[1]}, which the engine hands on as "{value}": write it in quotes',
            )


def _sentence(
    model: type[BaseModel], error: Any, encrypted: set[tuple[str | int, ...]], written: Mapping[Any, str]
) -> Problem:
    path = tuple(part for part in error["loc"] if part != "[key]")
    kind, value = error["type"], error["input"]
    if kind == "extra_forbidden":
        parent = find(model, path[:-1])
        fields = getattr(parent[0], "model_fields", {}) if parent else {}
        return Problem(dotted(path), unknown_key(str(path[-1]), fields))
    if kind == "json_invalid":
        return Problem("", "holds a character that is no text (half of a surrogate pair); remove it")
    if kind == "clash":
        return Problem(dotted(path), error["msg"])
    allowed = _allowed(model, path)
    if kind == "missing":
        if path in encrypted:
            return Problem(
                dotted(path),
                "is encrypted, but it decides the shape of the estate and is no secret; "
                f"write it in plain text, allowed is {allowed}",
            )
        return Problem(dotted(path), f"is missing; set it, allowed is {allowed}")
    if error["loc"][-1] == "[key]":
        return Problem(
            dotted(path), "is not a good name; allowed are 1 to 32 lower-case letters, digits and hyphens"
        )
    if kind == "refused":
        return Problem(dotted(path), f"is {show(value)}; {error['msg']}")
    hint = _quoted_number(value, allowed) if kind in WRONG_TYPE else ""
    # A number is shown as it is written: 12e45 is what the file says, and 1.2e+46 is not.
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    told = written.get(path, show(value)) if is_number else show(value)
    return Problem(dotted(path), f"is {told}; allowed is {allowed}{hint}")


def problems(
    model: type[BaseModel],
    error: ValidationError,
    encrypted: set[tuple[str | int, ...]],
    written: Mapping[tuple[str | int, ...], str] | None = None,
) -> Iterable[Problem]:
    """One problem for each thing that pydantic refused.

    Args:
        model: the model that was validated.
        error: what pydantic says.
        encrypted: paths whose values are ``secure:`` and were left out of the validation.
        written: numbers as they stand in the file, by path.
    """
    found = error.errors(include_url=False)
    places = {tuple(item["loc"]) for item in found}
    for item in found:
        # A list is called too short when entries of it were refused: these say all there is to say.
        here = tuple(item["loc"])
        if item["type"] == "too_short" and any(place[:-1] == here for place in places if place != here):
            continue
        yield _sentence(model, item, encrypted, written or {})
