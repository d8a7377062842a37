"""Arrays that take long to make, kept in a folder: each file is named by all that decides what is in it.

A file is an npz archive with its own SHA-256 after it: 32 bytes, which readers of npz pass over. It is
written aside and renamed, so that two processes that make the same arrays at the same time do no harm.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isthmus.atomic_files import atomic_file
from isthmus.errors import IsthmusError

logger = logging.getLogger(__name__)

Arrays = dict[str, NDArray[Any]]
LIBRARIES = ("numpy", "pandas", "scipy")
"""Another version of one of these may change a last digit."""
TAIL = hashlib.sha256().digest_size
ABANDONED_S = 3600.0
"""Age of a file aside whose writer must be gone."""
_PIECE = 1 << 20


class ArraysDamaged(IsthmusError):
    """A file of arrays is not the one that was written; the message names it."""


def key_of(**decides: Any) -> str:
    """SHA-256, in hexadecimal, of all that decides some arrays: values that JSON can write."""
    decisive = {"libraries": {name: version(name) for name in LIBRARIES}, **decides}
    return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write a file aside and rename it; its folder is made where it is missing.

    It is not compressed: that takes some sixty times as long and halves the size (``docs/training.md``).
    """
    with atomic_file(path) as file:
        np.savez(file, **arrays)
        digest = _digest(file, file.seek(0, os.SEEK_END))
        file.seek(0, os.SEEK_END)
        file.write(digest)


def read_arrays(path: Path) -> Arrays:
    """The arrays of a file, once it is known to be whole.

    Raises:
        FileNotFoundError: when there is none.
        ArraysDamaged: when it is not the one that was written.
    """
    with path.open("rb") as file:
        _check(file, path)
        file.seek(0)
        with np.load(file, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}


def check_arrays(path: Path) -> None:
    """Raise what ``read_arrays`` would raise, and read no array."""
    with path.open("rb") as file:
        _check(file, path)


@dataclass(frozen=True)
class ArrayCache:
    """A folder of such files, by name.

    Attributes:
        folder: may be missing.
        most_bytes: what all files together may take; see ``trim``.
    """

    folder: Path
    most_bytes: int

    def path(self, name: str) -> Path:
        """Where the arrays of a name are, or would be."""
        return self.folder / f"{name}.npz"

    def find(self, name: str) -> Arrays | None:
        """The arrays of a name; None where there is no file, or it was damaged and is removed now."""
        try:
            return read_arrays(self.path(name)) if self.holds(name) else None
        except (FileNotFoundError, ArraysDamaged):  # another process, in between
            return None

    def holds(self, name: str) -> bool:
        """Whether a whole file is there; a damaged one is reported and removed."""
        path = self.path(name)
        try:
            check_arrays(path)
            os.utime(path)  # what was used lately is not the oldest
        except FileNotFoundError:
            return False
        except ArraysDamaged as damaged:
            path.unlink(missing_ok=True)
            logger.info(f"{damaged}; it is made again")
            return False
        return True

    def keep(self, name: str, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Write what was made, and make room for it."""
        write_arrays(self.path(name), arrays)
        self.trim([name])

    def trim(self, needed: Collection[str] = ()) -> None:
        """Remove what was not used for longest until the rest fits; what is ``needed`` is never removed."""
        needed_paths = {self.path(name) for name in needed}
        found = []
        # Another process may make room at the same time.
        with suppress(FileNotFoundError):
            for abandoned in self.folder.glob(".*.npz.*"):
                if time.time() - abandoned.stat().st_mtime > ABANDONED_S:
                    abandoned.unlink()
        for path in self.folder.glob("[!.]*.npz"):
            with suppress(FileNotFoundError):
                stat = path.stat()
                found.append((stat.st_mtime, path, stat.st_size))
        total = sum(size for _, _, size in found)
        for _, path, size in sorted(found):
            if total <= self.most_bytes:
                return
            if path not in needed_paths:
                path.unlink(missing_ok=True)
                total -= size


def _digest(file: Any, size: int) -> bytes:
    """SHA-256 of the first ``size`` bytes, after which the file stands."""
    hasher = hashlib.sha256()
    file.seek(0)
    while size > 0 and (chunk := file.read(min(size, _PIECE))):
        hasher.update(chunk)
        size -= len(chunk)
    return hasher.digest()


def _check(file: Any, path: Path) -> None:
    content = file.seek(0, os.SEEK_END) - TAIL
    if content <= 0 or _digest(file, content) != file.read(TAIL):
        raise ArraysDamaged(f"{path} is damaged")
