"""Files and folders that are there in full or not at all, also after a crash: made aside, then renamed."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from isthmus.errors import WrongData
from isthmus.os_errors import as_sentences
from isthmus.outputs import refuse_as_folder


def atomic_write(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write a file so that no reader and no crash ever sees half of it.

    Raises:
        IsthmusError: where the machine refuses it; what was there stays.
    """
    with atomic_file(path, mode) as file:
        file.write(content)


@contextmanager
def atomic_file(path: Path, mode: int = 0o644) -> Iterator[IO[bytes]]:
    """A file beside ``path`` to fill; it takes the path's place when the block ends well.

    Until then it is readable by its owner alone. Its folder is made where it is missing.

    Raises:
        IsthmusError: where the machine refuses it; what was there stays.
    """
    with as_sentences(writing=path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    aside = Path(name)
    try:
        with as_sentences(), os.fdopen(handle, "w+b") as file:
            yield file
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        with as_sentences(writing=path):
            aside.replace(path)
            _sync(path.parent)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


@contextmanager
def atomic_directory(target: Path, mark: str = "", what: str = "") -> Iterator[Path]:
    """A folder beside ``target`` to fill; it takes the target's place when the block ends well.

    Args and errors are those of ``refuse_other_folder``; an earlier folder is replaced only by a full one.
    """
    refuse_other_folder(target, mark, what)
    with as_sentences(writing=target):
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
        try:
            yield aside
            aside.chmod(0o755)
            put_in_place(aside, target)
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            raise


def put_in_place(aside: Path, target: Path) -> None:
    """Rename a full folder to ``target`` once its files are on the disk; a folder that is there goes."""
    for path in (aside, *aside.rglob("*")):
        if not path.is_symlink():
            _sync(path)
    if target.exists():
        before = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
        target.rename(before)
        aside.rename(target)
        shutil.rmtree(before, ignore_errors=True)
    else:
        aside.rename(target)
    _sync(target.parent)


def refuse_other_folder(target: Path, mark: str, what: str) -> None:
    """Refuse a folder that cannot be made, or must not be replaced; before the work, by looking only.

    Args:
        target: missing, empty, or an earlier folder of the same kind.
        mark: the file that tells a folder of this kind; empty where any folder may be replaced.
        what: the kind, as the error says it.

    Raises:
        WrongData: ``target`` is a file, holds something else, or may not be written.
    """
    other = "name another folder with --out"
    with as_sentences():
        if Path.cwd().is_relative_to(os.path.realpath(target)):
            raise WrongData(f"{target} is the folder that this runs in, and would be replaced; {other}")
    refuse_as_folder(target, other, mark, what)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
