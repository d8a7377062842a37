"""A plugin must not outlive its engine: one that was killed with SIGKILL says no goodbye."""

from __future__ import annotations

import ctypes
import os
import sys
import threading
import time
from collections.abc import Callable

_POLL_SECONDS = 0.25
_PR_SET_NAME = 15


def call_it(name: str) -> None:
    """Give the process the name of a plugin, which whoever looks for one asks for: ours is Python's."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_NAME, name.encode()[:15], 0, 0, 0)


def watch(on_death: Callable[[], None]) -> None:
    """Call ``on_death`` once, from a thread of its own, when the process that started this one is gone."""
    parent = os.getppid()

    def poll() -> None:
        while os.getppid() == parent:
            time.sleep(_POLL_SECONDS)
        on_death()

    threading.Thread(target=poll, name="parent-watch", daemon=True).start()


__all__ = ["call_it", "watch"]
