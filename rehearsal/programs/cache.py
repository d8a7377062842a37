"""The user's cache of programs: complete or absent, never half-written.

An entry is made in a folder beside its place and renamed when it is whole. A lock lets one process
make it while others wait; what a killed maker left is removed by the next one.
"""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs
from filelock import FileLock, Timeout

VARIABLE = "ISTHMUS_CACHE"
_PARTIAL = ".partial-"


def root() -> Path:
    """``$ISTHMUS_CACHE``, else ``isthmus`` in the user's cache folder."""
    if named := os.environ.get(VARIABLE):
        return Path(named).absolute()
    return Path(platformdirs.user_cache_dir("isthmus", appauthor=False))


def machine() -> str:
    """This kind of machine, for caches that several kinds share: ``linux-x86_64``."""
    return f"{platform.system().lower()}-{platform.machine().lower()}"


def entry(*names: str) -> Path:
    """The place of a cache entry; nothing is made."""
    return root().joinpath(*names)


def ensure(place: Path, make: Callable[[Path], None], *, waiting: Callable[[], None] | None = None) -> Path:
    """``place``, made by ``make(folder)`` unless it is there.

    ``waiting`` is called once when another process is making it. Whatever ``make`` raises passes
    through, and nothing is left of the attempt.
    """
    if place.is_dir():
        return place
    place.parent.mkdir(parents=True, exist_ok=True)
    with _locked(place, waiting):
        if place.is_dir():
            return place
        _remove_leftovers(place)
        aside = Path(tempfile.mkdtemp(prefix=f"{_PARTIAL}{place.name}-", dir=place.parent))
        try:
            make(aside)
            aside.chmod(0o755)
            aside.rename(place)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    return place


@contextmanager
def _locked(place: Path, waiting: Callable[[], None] | None) -> Iterator[None]:
    lock = FileLock(place.parent / f".{place.name}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        if waiting:
            waiting()
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _remove_leftovers(place: Path) -> None:
    for leftover in place.parent.glob(f"{_PARTIAL}{place.name}-*"):
        shutil.rmtree(leftover, ignore_errors=True)
