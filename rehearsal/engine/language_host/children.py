"""Processes that a host starts: none of them outlives it, and it outlives no engine."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

_GRACE_SECONDS = 3.0


class Children:
    """The living children of a host."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._closed = False

    def start(
        self,
        command: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        output: int | IO[Any] | None = None,
        errors: int | IO[Any] | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a process that ``stop_all`` ends. Raises OSError, and RuntimeError after the last one."""
        with self._lock:
            if self._closed:
                raise RuntimeError("The language host is shutting down.")
            process = subprocess.Popen(
                list(command),
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
            )
            self._running.add(process)
        return process

    def wait(self, process: subprocess.Popen[bytes]) -> int:
        """The exit status of a child, once it has ended."""
        try:
            return process.wait()
        finally:
            with self._lock:
                self._running.discard(process)

    def stop(self, process: subprocess.Popen[bytes]) -> None:
        """End a child: asked first, killed where it does not listen."""
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(_GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()

    def stop_all(self, *, last: bool = False) -> None:
        """End every child; with ``last``, none can be started afterwards."""
        with self._lock:
            self._closed = self._closed or last
            running = list(self._running)
        for process in running:
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + _GRACE_SECONDS
        for process in running:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
