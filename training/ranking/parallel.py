"""Windows made in parallel, each in a process of its own: they share nothing but the orders."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.connection import wait
from typing import Any

PROCESSES = 2
"""Each takes about 1 GiB with ten months of orders."""
WORTH_IT = 100_000
"""Rows of orders; with fewer, starting a process takes longer than the work."""

_shared: tuple[Any, ...] = ()


def too_small_for_processes(rows: int) -> bool:
    """Whether processes of their own are not worth it for so many rows of orders."""
    return rows < WORTH_IT or (os.cpu_count() or 1) < 2


def in_parallel(function: Callable[..., Any], tasks: Sequence[Any], *shared: Any) -> Iterator[Any]:
    """``function(task, *shared)`` for each task, in the tasks' order; ``shared`` travels once to each
    process.

    Raises:
        concurrent.futures.process.BrokenProcessPool: when a process was killed.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, context, _start_process, (function, *shared)) as pool:
        try:
            yield from pool.map(_run, tasks)
        except BaseException:
            # Nothing that is under way is wanted any more, and a window takes its time.
            for child in multiprocessing.active_children():
                child.terminate()
            raise


def _start_process(*shared: Any) -> None:
    global _shared
    _shared = shared
    # Ctrl-C reaches the whole group; the parent ends this process itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_parent, daemon=True).start()


def _end_with_the_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _run(task: Any) -> Any:
    function, *shared = _shared
    return function(task, *shared)
