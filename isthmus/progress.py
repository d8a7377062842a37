"""How far a long piece of work is: a line in the log of a job, and data to whoever shows it.

A module logs a step as ``logger.info(Progress(...))`` and anything else as a sentence; who runs the work
listens.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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


class _Listener(logging.Handler):
    def __init__(self, take: Callable[[Progress | str], None]) -> None:
        super().__init__(logging.INFO)
        self._take = take

    def emit(self, record: logging.LogRecord) -> None:
        self._take(record.msg if isinstance(record.msg, Progress) else self.format(record))


@contextmanager
def listen(take: Callable[[Progress | str], None], logger: str = "training") -> Iterator[None]:
    """Let ``take`` have what is logged in this process meanwhile: steps, and anything else as a line.

    Args:
        take: may be called by any thread, by one at a time.
        logger: the name of the modules that are listened to: ``training``, or a part of it.
    """
    listener, source = _Listener(take), logging.getLogger(logger)
    level = source.level
    source.addHandler(listener)
    source.setLevel(logging.INFO)
    try:
        yield
    finally:
        source.removeHandler(listener)
        source.setLevel(level)
