"""Which objective the settings of a run ask for."""

from __future__ import annotations

import keras

from training.model.flat import FlatObjective
from training.model.objective import Objective, StepShape
from training.model.padded import PaddedObjective
from training.model.sampled import SampledObjective
from training.settings import TrainingSettings


def make_objective(model: keras.Model, settings: TrainingSettings, shape: StepShape) -> Objective:
    """The objective of a model that the same settings built: without padding where the model allows it, as
    that is the fastest."""
    chosen = settings.model
    if chosen.loss != "softmax":
        return SampledObjective(model, settings, shape)
    plain = chosen.history == "bag" and chosen.precision == "float32" and chosen.embedding_shards == 1
    if plain and not chosen.xla:
        return FlatObjective(model)
    return PaddedObjective(model, settings.history_length, shape.rows)
