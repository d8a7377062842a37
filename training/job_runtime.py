"""What a job reads from its environment (the container contract), and how it ends as a process."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

from isthmus.errors import IsthmusError
from isthmus.os_errors import as_ours
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


def run_job(job: Callable[[Environment], int]) -> None:
    """Run a job as a process; an error of ours is one sentence on stderr and the exit status of its class."""
    try:
        code = job(Environment())
    except (IsthmusError, OSError) as error:
        if (ours := as_ours(error)) is None:
            raise
        print(f"isthmus: {ours}", file=sys.stderr, flush=True)
        code = ours.exit_status
    sys.stdout.flush()
    sys.stderr.flush()
    sys.exit(code)
