"""Rules on answers, as a file or a stack file names them."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from isthmus.settings.annotations import clash
from isthmus.settings.section import Section


class Rule(Section):
    """A list of products: either of them is denied, or nothing but them is allowed."""

    name: str = Field(min_length=1, max_length=64)
    """As answers and metrics call it."""
    reason: str = Field(min_length=1, max_length=200)
    """Why, in words that a caller may read."""
    deny: tuple[str, ...] = ()
    """Codes of products that are never recommended."""
    allow: tuple[str, ...] = ()
    """Codes of the only products that may be recommended."""

    @model_validator(mode="after")
    def _one_list(self) -> Self:
        if bool(self.deny) == bool(self.allow):
            raise clash("a rule has one list, deny or allow; write one of them")
        return self


class Rules(Section):
    """The file."""

    rules: tuple[Rule, ...]
    """To be written where there are none, too: a file that is just being written is empty for a moment."""
