"""Windows made side by side, each in a process of its own: they share nothing but the orders."""

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

_given: tuple[Any, ...] = ()


def too_small_for_processes(rows: int) -> bool:
    """Whether processes of their own are not worth it for so many rows of orders."""
    return rows < WORTH_IT or (os.cpu_count() or 1) < 2


def in_parallel(work: Callable[..., Any], tasks: Sequence[Any], *given: Any) -> Iterator[Any]:
    """``work(task, *given)`` for each task, in the tasks' order; ``given`` travels once to each process.

    Raises:
        concurrent.futures.process.BrokenProcessPool: when a process was killed.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, context, _begin, (work, *given)) as pool:
        try:
            yield from pool.map(_run, tasks)
        except BaseException:
            # Nothing that is under way is wanted any more, and a window takes its time.
            for child in multiprocessing.active_children():
                child.terminate()
            raise


def _begin(*given: Any) -> None:
    global _given
    _given = given
    # Ctrl-C reaches the whole group; the parent ends this process itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_parent, daemon=True).start()


def _end_with_the_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _run(task: Any) -> Any:
    work, *given = _given
    return work(task, *given)
