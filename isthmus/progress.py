"""How far a long piece of work is: a line in the log of a job, and data to whoever shows it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_LINE: Final = re.compile(
    r"(?:worker \d+: )?(?P<stage>[a-z][a-z ]*) (?P<done>\d+)/(?P<total>\d+): (?P<note>.*)"
)


@dataclass(frozen=True)
class Progress:
    """One step of a stage is done.

    Attributes:
        stage: its name: small letters and blanks.
        done: steps that are done.
        total: steps that there are.
        note: what the last one did, in one line.
    """

    stage: str
    done: int
    total: int
    note: str

    def __str__(self) -> str:
        return f"{self.stage} {self.done}/{self.total}: {self.note}"

    @classmethod
    def of_line(cls, line: str) -> Progress | None:
        """What a line of a job or of its worker tells; None where it tells something else."""
        found = _LINE.fullmatch(line)
        return found and cls(found["stage"], int(found["done"]), int(found["total"]), found["note"])
