"""How large a thing may get: bytes at once, bytes kept, products of an exact ridge; and blocks of rows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

BLOCK_BYTES = 256 << 20
"""Of what is computed at a time; a process holds some two of these beside what it keeps."""
KEPT_BYTES = 1 << 30
"""Of what one scorer may keep; one that would keep more is left out."""
MOST_PRODUCTS = 5_000
"""Of an exact ridge: 200 MB and some seconds an inverse; the sample has fewer."""


def blocks(rows: int, bytes_each: float, limit: int | None = None) -> Iterator[slice]:
    """All of ``rows``, in blocks of at most ``limit`` bytes (BLOCK_BYTES) of ``bytes_each`` a row."""
    size = max(int((BLOCK_BYTES if limit is None else limit) // max(bytes_each, 1)), 1)
    for start in range(0, rows, size):
        yield slice(start, min(start + size, rows))


def free_bytes() -> int:
    """Memory that processes may still take: of the machine, or of the container that this one is in."""
    free = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    control = Path("/sys/fs/cgroup")
    with suppress(OSError, KeyError):  # a Mac has none
        memory = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
        free = int(memory["MemAvailable"].split()[0]) << 10
    with suppress(OSError, ValueError):
        most, used = (int((control / name).read_text()) for name in ("memory.max", "memory.current"))
        free = min(free, most - used)
    return max(free, 0)
