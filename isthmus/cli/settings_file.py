"""The training settings of a file: a stack file, or what `isthmus tune` wrote; and its option."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from training.settings import TrainingSettings

SECTION = "isthmus:training"
ONLY_THE_ESTATE = frozenset(
    {"enabled", "orders_url", "orders_version", "pool", "base_port", "tuning", "retrain"}
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


def training_section(path: Path) -> dict[str, Any]:
    """What stands in the section ``training`` of a file.

    Raises:
        CommandError: when the file has no such section.
        SettingsError: when the file cannot be read, or not every reader would take it for the same.
    """
    from infra.settings.stack_file import read_stack_file
    from isthmus.cli.errors import CommandError

    content = read_stack_file(path, str(path))
    if not isinstance(content.config.get(SECTION), dict):
        raise CommandError(
            f"{path} has no section config: {SECTION}; name a stack file, or what `isthmus tune` wrote"
        )
    return content.section(SECTION)


def training_settings(path: Path | None, **options: Any) -> TrainingSettings:
    """The settings of a file, with those options that are not None over them.

    Keys that only the estate has (where the orders are, which pool, when to tune) are left out.

    Raises:
        CommandError: when the file has no section ``training``.
        SettingsError: when the file cannot be read, or one of its values is refused.
    """
    from isthmus.settings.validation import validate
    from training.settings import TrainingSettings

    section = training_section(path) if path is not None else {}
    values = {name: value for name, value in section.items() if name not in ONLY_THE_ESTATE}
    values |= {name: value for name, value in options.items() if value is not None}
    return validate(TrainingSettings, values, str(path or "the options"), "training")
