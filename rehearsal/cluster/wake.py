"""How the node agent hears of a change at once without polling: one byte through a named pipe."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

NAME = "wake"


def open_pipe(folder: Path) -> int:
    """The reading end, made when it is missing. Opened for writing too, so that it never ends."""
    path = folder / NAME
    with contextlib.suppress(FileExistsError):
        os.mkfifo(path, 0o600)
    return os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)


def poke(folder: Path) -> None:
    """Wake the agent of ``folder``; nothing happens when none listens."""
    with contextlib.suppress(OSError):
        end = os.open(folder / NAME, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            os.write(end, b".")
        finally:
            os.close(end)


def drain(end: int) -> None:
    """Read whatever pokes have come."""
    with contextlib.suppress(BlockingIOError):
        while os.read(end, 4096):
            pass
