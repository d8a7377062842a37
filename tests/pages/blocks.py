"""The commands and programs that pages show, and what becomes of each in the tests.

The line before a block says it, in a comment that no reader sees::

    <!-- run -->                in a rehearsal that is up, the blocks of a page in one shell, in their order
    <!-- run long: WHY -->      the same among the long tests, in a folder of its own
    <!-- not run: WHY -->       by nobody
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

MARK = re.compile(r"<!-- (?P<what>run|run long|not run)(?:: (?P<why>\S.*?))? -->")
RUNNABLE = ("sh", "bash", "shell", "console", "python")
COMMAND = re.compile(r"(?:\$ |(?:isthmus|pulumi|make|python3?|eval|pip|uv|kubectl|source) )")


@dataclass(frozen=True)
class Block:
    """A block of a page: its language, its text, and what its mark says; None without one."""

    page: str
    line: int
    language: str
    text: str
    what: str | None = None
    why: str | None = None

    @property
    def must_be_marked(self) -> bool:
        """Whether it is a program, or commands, or what they print."""
        return self.language in RUNNABLE or COMMAND.match(self.text) is not None

    @property
    def marked_well(self) -> bool:
        """Whether there is a mark, with a reason where nobody runs it at once."""
        return self.what is not None and (self.what == "run") == (self.why is None)


def blocks(name: str, page: str) -> list[Block]:
    """All code of a page: between fences, and indented by four."""
    found: list[Block] = []
    lines = page.splitlines()
    at = 0
    while at < len(lines):
        before = lines[at - 1].strip() if at else ""
        if lines[at].startswith("```"):
            end = next(
                (number for number in range(at + 1, len(lines)) if lines[number].startswith("```")),
                len(lines),
            )
            text = lines[at + 1 : end]
            found.append(_block(name, at, lines[at].strip("` \n"), text, before))
            at = end
        elif lines[at].startswith("    ") and not before:
            end = next(
                (number for number in range(at, len(lines)) if not lines[number].startswith("    ")),
                len(lines),
            )
            found.append(_block(name, at, "", [line[4:] for line in lines[at:end]], before))
            at = end
        at += 1
    return found


def _block(name: str, at: int, language: str, text: list[str], before: str) -> Block:
    mark = MARK.fullmatch(before)
    what, why = (mark["what"], mark["why"]) if mark else (None, None)
    return Block(name, at + 1, language, "\n".join(text), what, why)


def script(some: Iterable[Block]) -> str:
    """The blocks as one program for bash, which ends at the first that fails."""
    parts = ["set -euo pipefail"]
    for block in some:
        parts.append(f"echo {shlex.quote(f'== {block.page}, line {block.line}')}")
        if block.language == "python":
            parts.append(f"python - <<'PROGRAM'\n{block.text}\nPROGRAM")
        else:
            parts.append(block.text)
    return "\n".join(parts)


def run(some: Iterable[Block], folder: Path, environment: Mapping[str, str]) -> str:
    """Run blocks in a folder, with this environment's programs in front; what they said, both streams.

    Raises:
        AssertionError: one failed, or a traceback was shown.
    """
    path = f"{Path(sys.executable).parent}:{environment['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script(some)],
        cwd=folder,
        env={**environment, "PATH": path, "COLUMNS": "120"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    assert "Traceback" not in done.stdout, done.stdout
    return done.stdout
