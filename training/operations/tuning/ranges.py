"""The ranges that are searched: the one file to change for another search."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from training.settings import TrainingSettings


class Part(BaseModel):
    """Frozen, and closed to unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Whole(Part):
    """Whole numbers from ``low`` to ``high``; by ``step``, or evenly on a logarithmic scale."""

    low: int
    high: int
    step: int = 1
    log: bool = False

    @model_validator(mode="after")
    def _ordered(self) -> Whole:
        if self.low > self.high:
            raise ValueError("low is above high")
        return self


class Real(Part):
    """Numbers from ``low`` to ``high``, evenly or on a logarithmic scale; three digits of them are used."""

    low: float
    high: float
    log: bool = False

    @model_validator(mode="after")
    def _ordered(self) -> Real:
        if self.low > self.high:
            raise ValueError("low is above high")
        return self


class Ranges(Part):
    """What a study tries. The names are those of ``training.settings.TrainingSettings``."""

    embedding_dim: Whole = Whole(low=16, high=128, step=16)
    learning_rate: Real = Real(low=0.0005, high=0.01, log=True)
    half_life_days: Real = Real(low=20, high=400, log=True)
    batch_size: Whole = Whole(low=1024, high=16384, log=True)
    epochs: Annotated[int, Field(ge=1)] = 10
    """Most epochs. Not drawn: a trial is measured after each epoch, and its best one is its ``epochs``."""

    def drawn(self) -> dict[str, Whole | Real]:
        """The ranges that values are drawn from."""
        return {
            name: one
            for name in type(self).model_fields
            if isinstance(one := getattr(self, name), Whole | Real)
        }

    def settings(self, base: TrainingSettings, parameters: dict[str, Any]) -> TrainingSettings:
        """The settings of a trial: ``base`` with the parameters, and as many epochs as it may take."""
        return base.model_copy(update={**self.rounded(parameters), "epochs": self.epochs})

    def rounded(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Parameters as they are used: what a file can say is what was tried."""
        return {
            name: float(f"{value:.3g}") if isinstance(value, float) else value
            for name, value in parameters.items()
        }

    def defaults(self, base: TrainingSettings) -> dict[str, Any]:
        """The parameters of ``base``, drawn into the ranges: the first trial, which the others must beat."""
        out: dict[str, Any] = {}
        for name, one in self.drawn().items():
            value = min(max(getattr(base, name), one.low), one.high)
            if isinstance(one, Whole):
                value = one.low + (value - one.low) // one.step * one.step
            out[name] = value
        return out
