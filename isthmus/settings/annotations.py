"""What a setting carries besides its type: its unit, and what is allowed, in words."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic_core import PydanticCustomError


@dataclass(frozen=True)
class Unit:
    """The unit of a number, as shown in the reference page and in refusals."""

    name: str


@dataclass(frozen=True)
class Allowed:
    """What a field of this kind accepts, as the end of the sentence "allowed is ..."."""

    text: str


def refuse(text: str) -> PydanticCustomError:
    """A refusal whose text says what is allowed and what to do; shown as it stands after the value."""
    return PydanticCustomError("refused", "{text}", {"text": text})


def clash(text: str, key: str = "") -> PydanticCustomError:
    """A refusal of values that do not go together; the text names the keys and their values.

    ``key`` is the one to change, from the checked model down; empty: the model as a whole.
    """
    return PydanticCustomError("clash", "{text}", {"text": text, "key": key})
