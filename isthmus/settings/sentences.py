"""Turn what pydantic found into one sentence for each problem."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from isthmus.settings.errors import Problem
from isthmus.settings.fields import Path, describe, dotted, find

WRONG_TYPE = frozenset({"string_type", "int_type", "int_from_float", "float_type", "bool_type"})


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


def _quotes(value: Any, allowed: str) -> str:
    """How to mend the commonest slip: a number in quotes, or a text that reads like a number."""
    if isinstance(value, str) and allowed.startswith(("a whole number", "a number")):
        return ": write it without quotes" if value.strip().lstrip("-").replace(".", "", 1).isdigit() else ""
    if isinstance(value, int | float) and not isinstance(value, bool) and "number" not in allowed[:15]:
        return ": write it in quotes"
    return ""


def _text(model: type[BaseModel], error: Any, path: Path, encrypted: bool, written: str | None) -> str:
    kind, value = error["type"], error["input"]
    if kind == "extra_forbidden":
        parent = find(model, path[:-1])
        return unknown_key(str(path[-1]), getattr(parent[0], "model_fields", ()) if parent else ())
    if kind == "json_invalid":
        return "holds a character that is no text (half of a surrogate pair); remove it"
    if kind == "clash":
        return str(error["msg"])
    found = find(model, path)
    allowed = describe(*found) if found else "what the reference page docs/settings.md says"
    if kind == "missing" and encrypted:
        return (
            "is encrypted, but it decides the shape of the estate and is no secret; "
            f"write it in plain text, allowed is {allowed}"
        )
    if kind == "missing":
        return f"is missing; set it, allowed is {allowed}"
    if error["loc"] and error["loc"][-1] == "[key]":
        return "is not a good name; allowed are 1 to 32 lower-case letters, digits and hyphens"
    if kind == "refused":
        return f"is {show(value)}; {error['msg']}"
    hint = _quotes(value, allowed) if kind in WRONG_TYPE else ""
    # A number is shown as it is written: 12e45 is what the file says, and 1.2e+46 is not.
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"is {written if written and is_number else show(value)}; allowed is {allowed}{hint}"


def problems(
    model: type[BaseModel],
    error: ValidationError,
    section: str = "",
    encrypted: Collection[Path] = (),
    written: Mapping[Path, str] | None = None,
) -> Iterator[Problem]:
    """One problem for each thing that pydantic refused.

    Args:
        model: the model that was validated.
        error: what pydantic says.
        section: the key that the model stands at.
        encrypted: paths whose values are ``secure:`` and were left out of the validation.
        written: numbers as they stand in the file, by path.
    """
    found = error.errors(include_url=False)
    places = {item["loc"] for item in found}
    for item in found:
        # A list is called too short when entries of it were refused: these say all there is to say.
        here = item["loc"]
        if item["type"] == "too_short" and any(place[:-1] == here for place in places if place != here):
            continue
        path = tuple(part for part in here if part != "[key]")
        text = _text(model, item, path, path in encrypted, (written or {}).get(path))
        within = item.get("ctx", {}).get("key") or dotted(path)
        yield Problem(".".join(part for part in (section, within) if part), text)
