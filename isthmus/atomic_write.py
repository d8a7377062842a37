"""Write aside, then rename: a file is there in full or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from isthmus.os_errors import as_sentences


def atomic_write(path: Path, content: bytes) -> None:
    """Write a file so that no reader and no crash ever sees half of it.

    Raises:
        IsthmusError: where the machine refuses it; what was there stays.
    """
    with as_sentences(writing=path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
