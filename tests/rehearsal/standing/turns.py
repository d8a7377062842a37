"""Which plays share an up: those that do not meddle with each other, so that what each did can still be
told.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from infra.settings import SettingsError
from infra.settings.changes import NOUNS, Change, change_of
from infra.settings.checking import check
from tests.rehearsal.standing.plays import Play, config

SHARED = frozenset({"jobs", "scheduled jobs"})
"""A new spec of these is told by the program alone, and ``test_rows`` holds it against each setting."""
CLUSTERS = frozenset({"EKS cluster", "Magnum cluster"})
"""With one of these, all that runs in it is made again; the two can be made again at once."""


def expected(play: Play) -> Change:
    """What the table says of a play, where the play itself does not."""
    row = play.expects or change_of(play.key)
    assert row is not None, play.key
    return row


@dataclass
class Turn:
    """Plays of one up."""

    plays: list[Play] = field(default_factory=list)

    @property
    def changes(self) -> dict[str, Any]:
        """All that they change."""
        return {key: value for play in self.plays for key, value in play.changes.items()}

    @property
    def title(self) -> str:
        """As a test names it."""
        first, rest = self.plays[0], len(self.plays) - 1
        return f"{first.key}={str(first.value)[:40]}" + (f" and {rest} more" if rest else "")

    def told_of(self, effect: str) -> set[str]:
        """Nouns that the table tells of an effect."""
        return {
            noun for play in self.plays if expected(play).effect == effect for noun in expected(play).what
        }

    def takes(self, play: Play) -> bool:
        """Whether the play can go with those that are here."""
        if not self.plays:
            return True
        if play.alone or any(other.alone for other in self.plays):
            return False
        if any(_meet(one, other) for one in play.changes for other in self.changes):
            return False
        if any(_hides(expected(play), play.key, expected(other), other.key) for other in self.plays):
            return False
        return _is_good({**self.changes, **play.changes})


def _hides(one: Change, key: str, other: Change, other_key: str) -> bool:
    """Whether what one of two does to the cloud could be taken for what the other does, or be lost in it.

    What has the very row of another does the very same.
    """
    if one is other:
        return False
    mine, others = set(one.what) - SHARED, set(other.what) - SHARED
    if CLUSTERS & (mine | others):
        return not (CLUSTERS & mine and CLUSTERS & others) or bool(CLUSTERS & mine & others)
    if mine & others:
        return True
    return bool(mine or others) and key.partition(".")[0] == other_key.partition(".")[0]


def _meet(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")


def _is_good(changes: dict[str, Any]) -> bool:
    try:
        check("", "local", {f"isthmus:{name}": values for name, values in config(changes).items()})
    except SettingsError:
        return False
    return True


def turns(plays: Iterable[Play]) -> list[Turn]:
    """The plays in as few ups as they fit into, the fullest up first."""
    made: list[Turn] = []
    for play in sorted(plays, key=lambda play: (not play.alone, play.much)):
        turn = next((turn for turn in made if turn.takes(play)), None)
        if turn is None:
            made.append(turn := Turn())
        turn.plays.append(play)
    # The fullest first, so that a few of them are most of the settings.
    return sorted(made, key=lambda turn: -len(turn.plays))


def nouns(types: Iterable[str]) -> set[str]:
    """What the table would call these resource types, where it tells of them."""
    return {NOUNS[type] for type in types if type in NOUNS}


__all__ = ["Turn", "expected", "nouns", "turns"]
