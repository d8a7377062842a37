"""What a job reads from its environment (the container contract), and how it ends as a process."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TextIO

from isthmus.errors import IsthmusError
from isthmus.os_errors import as_ours
from isthmus.progress import Progress, listen
from training.errors import TrainingError


class Environment(Mapping[str, str]):
    """The environment of a job; a missing variable is a sentence, not a KeyError."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = dict(os.environ if values is None else values)

    def __getitem__(self, name: str) -> str:
        value = self._values.get(name)
        if not value:
            raise MissingVariable(name)
        return value

    def __iter__(self) -> Any:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


class MissingVariable(TrainingError, KeyError):
    """A variable of the container contract is not set."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the environment variable {name} is not set; the Job's manifest must set it")

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass
class _Printer:
    """Prints what is logged, line by line."""

    stream: TextIO | None = None
    words: str = ""

    def __call__(self, event: Progress | str) -> None:
        print(f"{self.words}{event}", file=self.stream, flush=True)


_printer = _Printer()


def begin_lines_with(words: str) -> None:
    """Let each line that is logged from here on begin with some words."""
    _printer.words = words


def run_job(job: Callable[[Environment], int], log: TextIO | None = None) -> None:
    """Run a job as a process; an error of ours is one sentence on stderr and the exit status of its class.

    What is logged is printed to ``log``: stdout when absent.
    """
    _printer.stream = log
    try:
        with listen(_printer), listen(_printer, "__main__"):  # the job's own module runs as __main__
            code = job(Environment())
    except (IsthmusError, OSError) as error:
        if (ours := as_ours(error)) is None:
            raise
        print(f"isthmus: {ours}", file=sys.stderr, flush=True)
        code = ours.exit_status
    sys.stdout.flush()
    sys.stderr.flush()
    sys.exit(code)
