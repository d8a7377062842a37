"""Long arrays from their parts, and work that goes on while the last part is used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Part = TypeVar("Part")


def joined(parts: list[NDArray[Any]]) -> NDArray[Any]:
    """Parts one after the other in one array; each is given up once it is copied, so that memory holds one of
    each. ``parts`` is empty afterwards."""
    whole = np.empty((sum(map(len, parts)), *parts[0].shape[1:]), parts[0].dtype)
    start = 0
    while parts:
        part = parts.pop(0)
        whole[start : start + len(part)] = part
        start += len(part)
    return whole


def ahead(parts: Iterable[Part]) -> Iterator[Part]:
    """The same parts in the same order, the next one made by another thread while one is used."""
    source, nothing = iter(parts), object()
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, source, nothing)
        while (part := coming.result()) is not nothing:
            coming = thread.submit(next, source, nothing)
            yield part  # type: ignore[misc]
