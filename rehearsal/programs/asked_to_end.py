"""A program with threads that waits to be told to end, by a signal or by one of them.

A signal to a process is taken by any thread that does not block it, and Python runs a handler in the main
thread alone: where gRPC's threads took it, a main thread that waited for an Event slept on. Seen in 2 of
100 plugins on a busy machine: the engine then waits its five seconds and kills the plugin, and of the next
one, for which no time is left, it says that it "exited prematurely". The byte that Python writes to the file
of ``signal.set_wakeup_fd`` comes from whichever thread took the signal.
"""

from __future__ import annotations

import os
import signal
import threading
import time

_POLL_SECONDS = 0.25


class AskedToEnd:
    """Made in the main thread: from then on SIGINT and SIGTERM only ask."""

    def __init__(self) -> None:
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)
        signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)

    def ask(self) -> None:
        """Ask from any thread."""
        os.write(self._writer, b"\0")

    def ask_when_orphaned(self) -> None:
        """Ask once the process that started this one is gone: one that was killed says no goodbye."""
        parent = os.getppid()

        def poll() -> None:
            while os.getppid() == parent:
                time.sleep(_POLL_SECONDS)
            self.ask()

        threading.Thread(target=poll, name="parent-watch", daemon=True).start()

    def wait(self) -> None:
        """Return once somebody asked, in the main thread."""
        os.read(self._reader, 1)


__all__ = ["AskedToEnd"]
