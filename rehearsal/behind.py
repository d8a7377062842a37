"""What stands behind a plugin of a rehearsal: a record with rules of ours, or the real thing.

A folder of the home says which, for whoever has to know: plugins, copy of the stack file, commands.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from rehearsal.home import Home


class Behind(StrEnum):
    """The two."""

    RECORD = "record"
    REAL = "real"


@dataclass(frozen=True)
class Choice:
    """One of the plugins that have both."""

    option: str
    """Of the commands that bring the estate up."""
    folder: Callable[[Home], Path]
    """Of the real thing, there exactly where it is chosen."""
    first: Behind = Behind.RECORD
    """Where nothing stands yet and nobody wants another."""

    def of(self, home: Home) -> Behind:
        """Which of them a rehearsal has."""
        return Behind.REAL if self.folder(home).is_dir() else Behind.RECORD

    def choose(self, home: Home, behind: Behind) -> None:
        """Have this one from now on. The caller knows that nothing stands on the other, and none runs."""
        folder = self.folder(home)
        if behind is Behind.REAL:
            folder.mkdir(parents=True, exist_ok=True)
        else:
            shutil.rmtree(folder, ignore_errors=True)


__all__ = ["Behind", "Choice"]
