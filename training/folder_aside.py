"""Make a folder aside, then rename it: it is there in full or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from training.errors import TrainingError


@contextmanager
def folder_aside(target: Path, mark: str, what: str) -> Iterator[Path]:
    """A folder beside ``target`` to fill; it takes the target's place when the block ends well.

    Args:
        target: missing, empty, or an earlier folder of the same kind, which is replaced only by a full one.
        mark: the file that tells a folder of this kind.
        what: the kind, as the error says it.

    Raises:
        TrainingError: when ``target`` holds something else.
    """
    if target.exists() and any(target.iterdir()) and not (target / mark).exists():
        raise TrainingError(f"{target} is not empty and no {what}; name another folder with --out")
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        yield aside
        aside.chmod(0o755)
        if target.exists():
            shutil.rmtree(target)
        aside.rename(target)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
