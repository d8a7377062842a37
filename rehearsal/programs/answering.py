"""A program at work for the time of a ``with`` block, once it answers by HTTP."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import httpx

from rehearsal.programs.errors import ProgramError
from rehearsal.programs.with_parent import with_parent

_START_SECONDS: Final = 60.0
_END_SECONDS: Final = 10.0
_LOOK_SECONDS: Final = 0.1
_LAST_WORDS: Final = 1500


@contextmanager
def answering(
    title: str,
    command: Sequence[str | Path],
    ready: str,
    folder: Path,
    environment: Mapping[str, str] | None = None,
) -> Iterator[None]:
    """Run a program in ``folder``, which is made, its words in ``folder/log``; it ends with this process.

    Args:
        title: what a person is told that does not come up.
        command: the program and its arguments.
        ready: the URL that answers well once it is at work.
        folder: its working directory.
        environment: what it has beside this process's own variables.

    Raises ProgramError with its last words where it does not come up.
    """
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            with_parent(command),
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdout=output,
            stderr=output,
        )
    try:
        until = time.monotonic() + _START_SECONDS
        while not _answers(ready):
            if time.monotonic() > until or process.poll() is not None:
                said = log.read_text(errors="replace")[-_LAST_WORDS:]
                raise ProgramError(f"{title} does not come up: {said}")
            time.sleep(_LOOK_SECONDS)
        yield
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_END_SECONDS)
        process.kill()
        process.wait()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).is_success
    except httpx.TransportError:
        return False


__all__ = ["answering"]
