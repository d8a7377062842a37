"""The ranges that are searched: the one file to change for another search."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from training.settings import TrainingSettings


class Real(BaseModel):
    """Numbers from ``low`` to ``high``, evenly or on a logarithmic scale; three digits of them are used."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    low: float
    high: float
    log: bool = False

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low > self.high:
            raise ValueError("low is above high")
        return self


class Whole(Real):
    """Whole numbers from ``low`` to ``high``; by ``step``, or evenly on a logarithmic scale."""

    low: int
    high: int
    step: int = 1


class Ranges(BaseModel):
    """What a study tries. The names are those of ``training.settings.TrainingSettings``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    embedding_dim: Whole = Whole(low=16, high=128, step=16)
    learning_rate: Real = Real(low=0.0005, high=0.01, log=True)
    half_life_days: Real = Real(low=20, high=400, log=True)
    batch_size: Whole = Whole(low=1024, high=16384, log=True)
    epochs: Annotated[int, Field(ge=1)] = 10
    """Most epochs. Not drawn: a trial is measured after each epoch, and its best one is its ``epochs``."""

    def searched(self) -> dict[str, Real]:
        """The ranges that values are drawn from."""
        return {
            name: span for name in type(self).model_fields if isinstance(span := getattr(self, name), Real)
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
        parameters: dict[str, Any] = {}
        for name, span in self.searched().items():
            value = min(max(getattr(base, name), span.low), span.high)
            if isinstance(span, Whole):
                value = span.low + (value - span.low) // span.step * span.step
            parameters[name] = value
        return parameters
