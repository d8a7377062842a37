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

from training.scorers.limits import free_bytes

PROCESSES = 2
"""At most: the cores of a small node."""
BYTES_OF_A_ROW, OWN_BYTES = 1_000, 700 << 20
"""What a window takes a row of orders, and whatever their number: libraries, blocks."""
WORTH_IT = 100_000
"""Rows of orders; with fewer, starting a process takes longer than the work."""

_shared: tuple[Any, ...] = ()


def processes_for(tasks: int, rows: int, shape: tuple[int, int], most_products: int) -> int:
    """How many windows to make at once: as many as there are cores and free memory for; 1 where processes of
    their own are not worth it for so few rows of orders."""
    if rows < WORTH_IT:
        return 1
    factors = 4 * 160 * sum(shape)
    each = OWN_BYTES + BYTES_OF_A_ROW * rows + 8 * 4 * min(shape[1], most_products) ** 2 + factors
    room = int(free_bytes() // each)
    return max(min(PROCESSES, os.cpu_count() or 1, tasks, room), 1)


def in_parallel(
    function: Callable[..., Any], tasks: Sequence[Any], processes: int, *shared: Any
) -> Iterator[Any]:
    """``function(task, *shared)`` for each task, in the tasks' order; ``shared`` travels once to each
    process.

    Raises:
        concurrent.futures.process.BrokenProcessPool: when a process was killed.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, _start_process, (function, *shared)) as pool:
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
