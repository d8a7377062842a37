"""The stack of a command that previews: checked, with the engine ready and a file that it can read here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rehearsal.estate import Estate


def config_file(estate: Estate, stack: str) -> Path:
    """The stack file for the engine; of a cloud's stack a copy whose secrets are placeholders.

    Raises SettingsError, EngineError.
    """
    from infra.settings import read
    from isthmus.cli.console import err
    from rehearsal.engine.derived import derive
    from rehearsal.stack_copy import STACK

    file = estate.project_dir / "stacks" / f"Pulumi.{stack}.yaml"
    if file.exists():  # where it is not, the copy's error names the stacks that are there
        read(file, stack)
    estate.install()
    if stack == STACK:
        return estate.stack_file()
    derived = derive(estate.home, estate.project_dir, stack)
    err.print(str(derived), style="dim")
    return derived.path
