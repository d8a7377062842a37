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


def training_settings(path: Path | None, **options: Any) -> TrainingSettings:
    """The settings of a file, with those options that are not None over them.

    Keys that only the estate has (where the orders are, which pool, when to tune) are left out.

    Raises:
        CommandError: when the file has no such section, or one of its values is refused.
        SettingsError: when the file cannot be read, or not every reader would take it for the same.
    """
    from pydantic import ValidationError

    from infra.settings.stack_file import read_stack_file
    from isthmus.cli.errors import CommandError
    from training.settings import TrainingSettings, refusal

    section: dict[str, Any] = {}
    if path is not None:
        content = read_stack_file(path, str(path))
        if not isinstance(content.config.get(SECTION), dict):
            raise CommandError(
                f"{path} has no section config: {SECTION}; name a stack file, or what `isthmus tune` wrote"
            )
        section = {n: value for n, value in content.section(SECTION).items() if n not in ONLY_THE_ESTATE}
    chosen = {name: value for name, value in options.items() if value is not None}
    try:
        return TrainingSettings.model_validate({**section, **chosen})
    except ValidationError as error:
        where = f"{path}: " if path is not None else ""
        raise CommandError(f"{where}{refusal(error)}") from None
