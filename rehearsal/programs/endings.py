"""Waiting for the end of processes, whoever started them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable
from typing import Final

import psutil

_LOOK_SECONDS: Final = 0.02
_EMPTY_LISTS: Final = 2


def end(processes: Iterable[psutil.Process], seconds: float) -> None:
    """Ask all of them to end, and kill those that have not after ``seconds``."""
    left = [*processes]
    for process in left:
        with contextlib.suppress(psutil.Error):
            process.terminate()
    left = still_running(left, seconds)
    for process in left:
        with contextlib.suppress(psutil.Error):
            process.kill()
    still_running(left, seconds)


def end_family(living: Callable[[], Iterable[psutil.Process]], seconds: float) -> bool:
    """End all that ``living`` lists, until it finds none any more; says whether it found any.

    A process may fork while the list is made, and be gone before its child is seen: only two empty lists, one
    after the other, say that there is none.
    """
    found, empty = False, 0
    while empty < _EMPTY_LISTS:
        left = [*living()]
        end(left, seconds)
        found, empty = found or bool(left), 0 if left else empty + 1
    return found


def still_running(processes: Iterable[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Those of them that have not ended within ``seconds``.

    One that has ended is there until its parent asks for it, which that may never do: psutil would wait.
    """
    deadline = time.monotonic() + seconds
    while (left := [one for one in processes if _runs(one)]) and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)
        processes = left
    return left


def _runs(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        if process.is_running() and not _is_over(process):
            return True
        process.wait(0)  # asked for, where it is this process's own
    return False


def _is_over(process: psutil.Process) -> bool:
    """Whether its last thread is gone, and not the first alone: until then it holds its ports and files."""
    if process.status() != psutil.STATUS_ZOMBIE:
        return False
    with contextlib.suppress(psutil.Error):  # elsewhere than on Linux, nothing more is told of it
        return process.num_threads() <= 1
    return True
