"""Why a stack file cannot be used."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from isthmus.errors import WrongData

Path = tuple[str | int, ...]

_SECRETS: Final = re.compile(r"pass|secret|secure|token|key|psk|credential", re.IGNORECASE)
_LONGEST: Final = 60


@dataclass(frozen=True)
class Refusal:
    """One thing that is wrong."""

    path: Path
    """The keys that lead to it; empty: the file as a whole."""
    text: str
    """What is wrong and what to do, without the full stop."""


class StackFileError(WrongData):
    """A stack file cannot be read as every reader of YAML would; ``refusals`` say where and what to do."""

    def __init__(self, refusals: Iterable[Refusal]) -> None:
        self.refusals = tuple(refusals)
        super().__init__("; ".join(refusal.text for refusal in self.refusals))


def shown(text: str, path: Path) -> str:
    """A scalar as a sentence may show it: short, on one line, and never below a key that sounds secret."""
    if any(_SECRETS.search(part) for part in path if isinstance(part, str)):
        return "the value"
    cut = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in cut)
