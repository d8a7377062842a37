"""``--help`` of every command, on a terminal of 80 columns."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from isthmus.cli.main import app


def commands(command: Any, *words: str) -> Iterator[tuple[str, ...]]:
    yield words
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, *words, name)


WIDTH = 80
ALL = sorted(commands(typer.main.get_command(app)))


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_help_is_whole_and_wraps(words: tuple[str, ...]) -> None:
    output = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": str(WIDTH)}).output
    lines = output.splitlines()
    assert "…" not in output.replace(" …", "")
    assert all(len(line) <= WIDTH for line in lines)
    text = [line.strip() for line in lines[: next(n for n, line in enumerate(lines) if line.startswith("╭"))]]
    for line, following in pairwise(text):
        if line and following:
            # The first word of the next line had no room in this one.
            assert len(line) + 1 + len(following.split()[0]) > WIDTH - 3, f"{line}\n{following}"


def test_help_of_the_program_itself_wraps() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "isthmus.cli.main", "preview", "--help"],
        env={"COLUMNS": "80", "PATH": ""},
        capture_output=True,
        text=True,
    )
    assert "what the stack would create is compared" in " ".join(ran.stdout.split())
    assert "would create is  " not in ran.stdout
