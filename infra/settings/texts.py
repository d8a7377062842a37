"""Texts of a stack file: one line of characters that can be seen, without spaces around it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from pydantic import BaseModel

from infra.settings.leaves import leaves
from isthmus.settings.errors import Problem
from isthmus.settings.fields import Path, dotted, find
from isthmus.settings.quantities import ENGINES_DAY
from isthmus.settings.sentences import show

JUDGE_THEIR_TEXTS = frozenset({"orders"})
"""Sections whose models judge their texts themselves: a delimiter may be a tab."""


def _named(character: str) -> str:
    number = f"U+{ord(character):04X}"
    if "\ud800" <= character <= "\udfff":
        return f"half of a surrogate pair ({number}), which is no character"
    names = {"\0": "NUL", "\n": "a line break", "\r": "a carriage return", "\t": "a tab"}
    name = names.get(character) or unicodedata.name(character, "a control character").lower()
    return f"{name} ({number})"


def _fault(text: str) -> str:
    """What is wrong with a text, as the rest of a sentence; empty: nothing."""
    unseen = next((character for character in text if not character.isprintable()), "")
    if unseen:
        return f"holds {_named(unseen)}; allowed is one line of characters that can be seen: take it out"
    if text != text.strip():
        return "begins or ends with a space; take the space away"
    return ""


def _walk(value: Any, path: Path) -> Iterator[Problem]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if isinstance(key, str) and (fault := _fault(key)):
                yield Problem(dotted(path), f"has the key {show(key)}, which {fault}")
            else:
                yield from _walk(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _walk(inner, (*path, index))
    elif isinstance(value, str) and (fault := _fault(value)):
        yield Problem(dotted(path), f"is {show(value)}, which {fault}")


def unseen(sections: Mapping[str, Any]) -> Iterator[Problem]:
    """A problem for each text that holds a character nobody sees, or has spaces around it.

    Such texts come from a clipboard, never from a purpose, and no cloud says so in time.

    Args:
        sections: what stands in each section, by its short name.
    """
    for name, value in sections.items():
        if name not in JUDGE_THEIR_TEXTS:
            yield from _walk(value, (name,))


def unquoted_days(model: type[BaseModel], value: Any) -> Iterator[Problem]:
    """Problems for days without quotes where a text belongs: the engine hands over another text for them."""
    for path, text in leaves(value):
        if isinstance(text, str) and (day := ENGINES_DAY.fullmatch(text)):
            found = find(model, path)
            if found is None or found[0] is not date:
                yield Problem(
                    dotted(path),
                    f'is the day {day[1]}, which the engine hands on as "{text}": write it in quotes',
                )
