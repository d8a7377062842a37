"""Seconds and memory of what runs."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import psutil

from rehearsal.home import Home
from rehearsal.sandbox import processes_of

Row = tuple[str, str, str]
"""What was measured, the result, the bar."""


def seconds(work: Callable[[], object]) -> float:
    """Wall seconds of one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


@dataclass(frozen=True)
class Sample:
    """Some measurements of one thing."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def __str__(self) -> str:
        return f"{self.median:.2f} ({min(self.values):.2f} to {max(self.values):.2f}, n={len(self.values)})"


@dataclass
class Memory:
    """The most that all processes of a rehearsal held at once: unique set size, GiB, sampled every second."""

    home: Home
    peak_gib: float = 0.0
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Memory:
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread:
            self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(1.0):
            total = 0
            for process in [*processes_of(self.home), psutil.Process()]:
                try:
                    total += process.memory_full_info().uss
                except psutil.Error:
                    continue
            self.peak_gib = max(self.peak_gib, total / 2**30)
