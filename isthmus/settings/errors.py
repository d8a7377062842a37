"""A refusal of settings: one sentence for each problem."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from isthmus.errors import WrongData


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong in settings."""

    path: str
    """Where: the keys from the section down, e.g. ``aws.gpu_pools.training.max``; empty: the whole file."""
    text: str
    """What is wrong, what is allowed and what to do, without the full stop."""


class SettingsError(WrongData):
    """Settings are refused; the message is one sentence for each problem, each on its own line."""

    def __init__(self, file: str, problems: Iterable[Problem]) -> None:
        self.file = file
        self.problems = tuple(dict.fromkeys(problems))
        super().__init__("\n".join(self._sentence(problem) for problem in self.problems))

    def _sentence(self, problem: Problem) -> str:
        where = f"{self.file}: {problem.path}" if problem.path else self.file
        # A key or value with a line break or a control character must not break the sentence.
        return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in f"{where}: {problem.text}.")
