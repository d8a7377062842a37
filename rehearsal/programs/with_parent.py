"""Children that do not outlive the process that started them, whatever ends it (Linux; elsewhere nothing)."""

from __future__ import annotations

import ctypes
import signal
import sys

_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1


def interrupt_with_parent() -> None:
    """For ``preexec_fn``: the kernel interrupts the child when we are killed, as Ctrl-C would.

    The engine then stops at the next clean point, and so does `go`. A shell starts its background
    jobs with Ctrl-C ignored, which the child would inherit and never be stopped.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
