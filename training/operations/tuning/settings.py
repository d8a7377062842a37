"""What a tuning on the cluster is told: the section ``training.operations.tuning`` of a stack file."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from training.errors import TrainingError


class TuningSettings(BaseModel):
    """One search; see ``training.operations.tuning.ranges`` for what is searched."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    trials: Annotated[int, Field(ge=1, le=10_000)] = 20
    """Trials in all."""
    epochs: Annotated[int, Field(ge=1, le=1000)] = 10
    """Most epochs of a trial."""
    held_back_days: Annotated[int, Field(ge=1, le=90)] | None = None
    """Days to tune on, the last that were transferred; None: a quarter of all, 31 at most."""
    storage_url: str | None = None
    """A database for the trials; None keeps them in the releases bucket."""


def parse(text: str) -> TuningSettings:
    """Read TUNING_SETTINGS.

    Raises:
        TrainingError: naming the key and the value.
    """
    try:
        return TuningSettings.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "the JSON"
        raise TrainingError(
            f"TUNING_SETTINGS: training.tuning.{key} is {first['input']!r}: {first['msg']}"
        ) from None
