"""One run of the engine as a child: its output as it comes, Ctrl-C handed on, no survivor."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from rehearsal.programs.with_parent import with_parent

Line = Callable[[str], None]

_POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Completed:
    """How a run ended; ``interrupted`` when Ctrl-C came in between."""

    status: int
    stdout: str
    stderr: str
    interrupted: bool


def run(
    command: Sequence[str | Path],
    *,
    folder: Path,
    environment: Mapping[str, str],
    on_line: Line | None = None,
    meanwhile: Callable[[], None] | None = None,
    terminal: bool = False,
    stdin: str | None = None,
) -> Completed:
    """Run a command to its end.

    ``on_line`` gets every line of both outputs. ``meanwhile`` is called several times a second.
    With ``terminal`` the child has our terminal and nothing is captured. The first Ctrl-C lets the
    engine finish what it is doing, the second ends it now; either way it has ended when this returns.
    """
    process = subprocess.Popen(
        with_parent(command),
        cwd=folder,
        env=dict(environment),
        stdin=None if terminal else (subprocess.PIPE if stdin is not None else subprocess.DEVNULL),
        stdout=None if terminal else subprocess.PIPE,
        stderr=None if terminal else subprocess.PIPE,
        text=True,
        # On a terminal the child gets Ctrl-C from the terminal; else it gets it from us, once.
        process_group=None if terminal else 0,
    )
    chunks: tuple[list[str], list[str]] = ([], [])
    defects: list[BaseException] = []
    readers = [
        threading.Thread(target=_read, args=(stream, kept, on_line, defects), daemon=True)
        for stream, kept in zip((process.stdout, process.stderr), chunks, strict=True)
        if stream is not None
    ]
    for reader in readers:
        reader.start()
    if stdin is not None and process.stdin is not None:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(stdin)
            process.stdin.close()
    interrupted = False
    while True:
        try:
            _wait(process, meanwhile)
            for reader in readers:
                reader.join()
            break
        except KeyboardInterrupt:
            interrupted = True
            if not terminal and process.poll() is None:
                process.send_signal(signal.SIGINT)
        except BaseException:
            process.kill()
            process.wait()
            raise
    if meanwhile:
        meanwhile()
    if defects:
        raise defects[0]
    return Completed(process.returncode, "".join(chunks[0]), "".join(chunks[1]), interrupted)


def _wait(process: subprocess.Popen[str], meanwhile: Callable[[], None] | None) -> None:
    while True:
        try:
            process.wait(_POLL_SECONDS if meanwhile else None)
            return
        except subprocess.TimeoutExpired:
            if meanwhile:
                meanwhile()


def _read(stream: IO[str], kept: list[str], on_line: Line | None, defects: list[BaseException]) -> None:
    """Read to the end whatever ``on_line`` does: an engine whose pipe is full would wait for ever."""
    for line in stream:
        kept.append(line)
        if on_line and not defects:
            try:
                on_line(line.rstrip("\n"))
            except Exception as error:
                defects.append(error)
