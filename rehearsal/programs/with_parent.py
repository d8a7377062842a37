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
    _on_parents_death(signal.SIGINT)


def kill_with_parent() -> None:
    """For ``preexec_fn``: the kernel kills the child with us; for servers that nothing of is kept.

    It happens when the thread that started the child ends, so start it from one that stays.
    """
    _on_parents_death(signal.SIGKILL)


def _on_parents_death(number: signal.Signals) -> None:
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, number)
