"""How better settings are searched for: the section ``training.tuning`` of a stack file."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from isthmus.settings.annotations import Unit
from isthmus.settings.section import Section
from isthmus.settings.validation import validate_json
from training.settings import Epochs


class TuningSettings(Section):
    """One search; see ``training.operations.tuning.ranges`` for what is searched."""

    trials: Annotated[int, Field(ge=1, le=10000)] = 20
    """Trials in all."""
    epochs: Epochs = 10
    """Most passes over the orders in a trial."""
    held_back_days: Annotated[int, Unit("days"), Field(ge=1, le=90)] | None = None
    """Last days of what was transferred, to tune on; absent: a quarter of it, 31 at most."""
    storage_url: str | None = None
    """A database for the trials, by SQLAlchemy's URL; absent: the releases bucket."""


def parse(text: str) -> TuningSettings:
    """Read TUNING_SETTINGS.

    Raises:
        SettingsError: naming each key, its value and what is allowed.
    """
    return validate_json(TuningSettings, text, "TUNING_SETTINGS", "training.tuning")
