"""Where something is to be written: what cannot be is refused before the work, not after it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Final

from isthmus.errors import WrongData
from isthmus.os_errors import as_sentences

_ROOM: Final = 24
"""Bytes that the name of a file made aside is longer than that of the file it becomes."""


def refuse_as_file(path: Path, other: str) -> None:
    """Refuse a path at which no file can be written, looking only.

    Args:
        path: to be written aside and renamed; its folders are made where they are missing.
        other: what to do instead, as ``name another file with --out``.

    Raises:
        WrongData: it is a folder, or its place can hold no file.
    """
    with as_sentences():
        if path.is_dir():
            raise WrongData(f"{path} is a folder, and a file is to be written there; {other}")
        if path.exists() and not path.is_file():
            raise WrongData(f"{path} is a device, and a file is to be written there; {other}")
        _refuse_place(path, other)


def refuse_as_folder(path: Path, other: str, mark: str = "", what: str = "") -> None:
    """Refuse a path at which no folder can be made or filled, looking only.

    Args:
        path: to be made where it is missing.
        other: what to do instead, as ``name another folder with --out``.
        mark: a file that tells a folder of the kind ``what``; one that is not empty and lacks it is refused.
        what: the kind, as the error says it.

    Raises:
        WrongData: it is a file, holds something else, or its place can hold no folder.
    """
    with as_sentences():
        if path.is_dir():
            if mark and not (path / mark).exists() and any(path.iterdir()):
                raise WrongData(f"{path} is not empty and no {what}; {other}")
            if not os.access(path, os.W_OK | os.X_OK):
                raise WrongData(f"{path} may not be written; {other}, or change its owner or mode")
        elif path.exists():
            raise WrongData(f"{path} is a file, and a folder is to be written there; {other}")
        elif path.is_symlink():
            raise WrongData(f"{path} is a link that leads nowhere; {other}")
        _refuse_place(path, other)


def _refuse_place(path: Path, other: str) -> None:
    """Refuse a path that cannot be made where it is."""
    nearest = path.absolute()
    while not nearest.exists():
        nearest = nearest.parent
    above = nearest.parent if nearest == path.absolute() else nearest
    if not above.is_dir():
        raise WrongData(f"{path} cannot be made, as {above} is a file; {other}")
    if not os.access(above, os.W_OK | os.X_OK):
        raise WrongData(f"{path} cannot be made, as {above} may not be written; {other}")
    if not os.statvfs(above).f_blocks:
        _refuse_without_storage(path, above, other)
    first, *_ = parts = path.absolute().relative_to(above).parts
    if len(parts) > 1 and (above / first).is_symlink():
        raise WrongData(f"{path} cannot be made, as {above / first} is a link that leads nowhere; {other}")
    longest = os.pathconf(above, "PC_NAME_MAX")
    for part in parts:
        if len(os.fsencode(part)) + _ROOM > longest:
            raise WrongData(
                f"the name {part[:40]}... has {len(os.fsencode(part))} bytes, but may have {longest - _ROOM} "
                f"at most; {other}"
            )


def _refuse_without_storage(path: Path, above: Path, other: str) -> None:
    """Refuse a folder of the kernel's own, such as /proc, which only says that root may write there."""
    try:
        with tempfile.TemporaryFile(dir=above):
            pass
    except OSError as error:
        why = os.strerror(error.errno or 0)
        raise WrongData(f"{path} cannot be made, as {above} takes no files ({why}); {other}") from None
