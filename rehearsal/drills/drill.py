"""What every drill is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from isthmus.errors import IsthmusError
from rehearsal.engine.result import Result
from rehearsal.estate import Estate


class DrillFailed(IsthmusError):
    """The estate did not come out of the fault as it should; the message says what was found."""


@dataclass(frozen=True)
class Drill:
    """A fault and what must come of it.

    ``play`` gets an estate in a sandbox, the number of rounds and a line to talk on; it returns what it
    saw in one sentence and raises DrillFailed. ``short`` and ``long`` are rounds; with ``short`` 0 the short
    form leaves it out.
    """

    name: str
    expects: str
    play: Callable[[Estate, int, Callable[[str], None]], str]
    short: int
    long: int
    bare: bool = False
    """Whether it needs the settings alone: no engine, no plugin, and nothing of a rehearsal is installed."""


def expect(holds: bool, otherwise: str) -> None:
    """Raise DrillFailed with ``otherwise`` unless ``holds``."""
    if not holds:
        raise DrillFailed(otherwise)


def bring_up(estate: Estate, orders: Path | None = None) -> Result:
    """As ``isthmus up`` does it: real services and control planes, the orders, then the engine."""
    with estate.given(orders=orders) as seeded:
        return estate.up(orders=seeded)
