"""What stands behind the OpenStack plugin of a rehearsal: a record with rules, or the real services.

The services' folder says which, for whoever has to know: plugin, copy of the stack file, commands.
"""

from __future__ import annotations

import shutil
from enum import StrEnum

from rehearsal.home import Home
from rehearsal.openstack_services.layout import folder_of


class Behind(StrEnum):
    """The two."""

    RECORD = "record"
    REAL = "real"


def of(home: Home) -> Behind:
    """Which of them this rehearsal has."""
    return Behind.REAL if folder_of(home).folder.is_dir() else Behind.RECORD


def choose(home: Home, behind: Behind) -> None:
    """Have this one from now on. The caller knows that nothing stands on the other, and that none runs."""
    folder = folder_of(home).folder
    if behind is Behind.REAL:
        folder.mkdir(parents=True, exist_ok=True)
    else:
        shutil.rmtree(folder, ignore_errors=True)


__all__ = ["Behind", "choose", "of"]
