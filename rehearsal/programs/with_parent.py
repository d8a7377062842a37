"""Children that do not outlive the process that started them, whatever ends it (Linux; elsewhere nothing)."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

# gRPC has handlers of its own for a fork, which end one child in twenty (SIGABRT) before it becomes another
# program, where a server or a channel of this process is at work (grpcio 1.85; measured). Nothing here forks
# to go on in Python.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "false")

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
