"""The training settings of a file: a stack file, or what `isthmus tune` wrote; and its option."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from training.settings import TrainingSettings

SECTION = "isthmus:training"
ONLY_THE_ESTATE = frozenset(
    {"enabled", "orders_url", "orders_version", "pool", "base_port", "tuning", "retrain", "started_by"}
)
"""Keys that say where and when jobs run, and nothing of what a release is made from."""

SettingsFile = Annotated[
    Path | None,
    typer.Option(
        "--settings",
        help="Take the settings of this file: a stack file's section isthmus:training, or tuned.yaml.",
        exists=True,
        dir_okay=False,
    ),
]


def section_of(path: Path, section: str, written_by: str, optional: bool = False) -> dict[str, Any] | None:
    """What stands in a section of a file; None where it has none and is ``optional``.

    Args:
        path: of the file.
        section: its key, such as ``isthmus:training``.
        written_by: the command that writes such a section.
        optional: whether the file may have no such section.

    Raises:
        CommandError: when the file has no such section, or it is no mapping.
        SettingsError: when the file cannot be read, or not every reader would take it for the same.
    """
    from infra.settings.stack_file import read_stack_file
    from isthmus.cli.errors import CommandError

    content = read_stack_file(path, str(path))
    if isinstance(content.config.get(section), dict):
        return content.section(section)
    if optional and content.config.get(section) is None:
        return None
    raise CommandError(
        f"{path} has no section config: {section}; name a stack file that has one, or what "
        f"`{written_by}` wrote"
    )


def training_section(path: Path | None) -> dict[str, Any]:
    """What stands in the section ``training`` of a file; empty without one. Raises as ``section_of``."""
    if path is None:
        return {}
    return section_of(path, SECTION, "isthmus tune") or {}


def training_settings(path: Path | None, **options: Any) -> TrainingSettings:
    """The settings of a file, with those options that are not None over them.

    Keys that only the estate has (where the orders are, which pool, when to tune) are left out.

    Raises:
        CommandError: when the file has no section ``training``.
        SettingsError: when the file cannot be read, or one of its values is refused.
    """
    from isthmus.settings.validation import validate
    from training.settings import TrainingSettings

    section = training_section(path)
    values = {name: value for name, value in section.items() if name not in ONLY_THE_ESTATE}
    values |= {name: value for name, value in options.items() if value is not None}
    return validate(TrainingSettings, values, str(path or "the options"), "training")
