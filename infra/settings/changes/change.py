"""One row of the table of changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Effect = Literal["in place", "made again", "added or removed", "refused", "nothing"]


@dataclass(frozen=True)
class Change:
    """What a change of a setting does to an estate that stands.

    ``what`` says, in words of ``NOUNS``, what is made again, or added and removed. ``note`` is one
    sentence on what that means for whoever uses the estate, or what to do where the change is refused.
    ``warns``: the program says the note before it begins, because data moves or a part of a site is down
    for a while.
    """

    effect: Effect
    what: tuple[str, ...] = ()
    note: str = ""
    warns: bool = False
    when_lowered: bool = False
    """Whether only a lower number is warned of."""

    def __str__(self) -> str:
        text = f"{self.effect}: {', '.join(self.what)}" if self.what else self.effect
        return f"**{self.effect}**" if self.effect == "refused" else text


IN_PLACE = Change("in place")
NOTHING = Change("nothing")


def again(*what: str, note: str = "", warns: bool = False) -> Change:
    """A change that replaces resources."""
    return Change("made again", what, note, warns)


def more_or_less(*what: str, note: str = "", warns: bool = False) -> Change:
    """A change that creates or deletes resources."""
    return Change("added or removed", what, note, warns)


def refused(note: str) -> Change:
    """A change that a standing estate refuses."""
    return Change("refused", (), note)
