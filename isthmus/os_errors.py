"""What the machine refuses - a full disk, a folder that may not be written - as a sentence for the user."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from isthmus.errors import IsthmusError, WrongData

_FOR_NOW: Final = {
    errno.ENOSPC: "the disk is full; make room and run it again",
    errno.EDQUOT: "your quota of the disk is used up; make room and run it again",
    errno.EMFILE: "too many files are open; raise the limit (ulimit -n) and run it again",
    errno.ENFILE: "this machine has too many files open; end something and run it again",
    errno.EIO: "the disk cannot be read or written; look at the machine's log",
    errno.ENOMEM: "this machine has no memory left; end something and run it again",
    errno.ETXTBSY: "the file is in use; end what runs it and run this again",
    errno.ESTALE: "the network folder is gone; mount it again and run this again",
}
"""Errors that may be gone the next time."""
_FOR_GOOD: Final = {
    errno.EACCES: "permission is denied; name another place, or change its owner or mode",
    errno.EPERM: "the system does not permit it; name another place, or change its owner or mode",
    errno.EROFS: "it is on a file system that is read-only; name another place",
    errno.ENAMETOOLONG: "the name is longer than a file system takes (255 bytes a part); name a shorter one",
    errno.ELOOP: "its symbolic links lead in a circle; mend them or name another place",
    errno.ENOTDIR: "a part of the path is a file where a folder belongs; name another place",
    errno.EISDIR: "it is a folder where a file belongs; name a file",
    errno.EFBIG: "the file is larger than the file system takes; name a place on another one",
    errno.EXDEV: "it is on another file system; name a place on the same one",
}
"""Errors that the same would meet again."""


def as_sentence(error: OSError) -> IsthmusError | None:
    """The sentence for an error of the machine; None where it may as well be a defect of ours."""
    named = error.filename2 or error.filename
    if isinstance(named, bytes):
        named = named.decode(errors="replace")
    where = f"{named}: " if isinstance(named, str) else ""
    if error.errno in _FOR_NOW:
        return IsthmusError(f"{where}{_FOR_NOW[error.errno]}")
    if error.errno in _FOR_GOOD:
        return WrongData(f"{where}{_FOR_GOOD[error.errno]}")
    return None


def as_ours(error: IsthmusError | OSError) -> IsthmusError | None:
    """What a command or a job ends with by a sentence; None for what is a defect."""
    return error if isinstance(error, IsthmusError) else as_sentence(error)


@contextmanager
def as_sentences(writing: Path | None = None) -> Iterator[None]:
    """Raise what the machine refuses inside the block as an error of ours; leave everything else alone.

    Args:
        writing: what is written in the block, for errors that tell a place there which cannot be made.
    """
    try:
        yield
    except OSError as error:
        ours = as_sentence(error)
        if ours is None and writing is not None and isinstance(error, FileNotFoundError | FileExistsError):
            ours = WrongData(f"{writing} cannot be written there ({error.strerror}); name another place")
        if ours is None:
            raise
        raise ours from None
