"""Make a folder aside, then rename it: it is there in full or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from isthmus.errors import WrongData
from isthmus.os_errors import as_sentences
from isthmus.outputs import refuse_as_folder


def refuse_other_folder(target: Path, mark: str, what: str) -> None:
    """Refuse a folder that cannot be made, or must not be replaced; before the work, by looking only.

    Args:
        target: missing, empty, or an earlier folder of the same kind.
        mark: the file that tells a folder of this kind.
        what: the kind, as the error says it.

    Raises:
        WrongData: ``target`` is a file, holds something else, or may not be written.
    """
    other = "name another folder with --out"
    with as_sentences():
        if Path.cwd().is_relative_to(os.path.realpath(target)):
            raise WrongData(f"{target} is the folder that this runs in, and would be replaced; {other}")
    refuse_as_folder(target, other, mark, what)


@contextmanager
def atomic_directory(target: Path, mark: str, what: str) -> Iterator[Path]:
    """A folder beside ``target`` to fill; it takes the target's place when the block ends well.

    Args and errors are those of ``refuse_other_folder``; an earlier folder is replaced only by a full one.
    """
    refuse_other_folder(target, mark, what)
    with as_sentences(writing=target):
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
