"""Which form the settings of a run ask for."""

from __future__ import annotations

import keras

from training.model.flat import FlatForm
from training.model.objective import Objective, StepShape
from training.model.padded import PaddedForm
from training.model.sampled import SampledForm
from training.settings import TrainingSettings


def make_objective(model: keras.Model, settings: TrainingSettings, cut: StepShape) -> Objective:
    """The form for a model that was built by the same settings: without padding where the model allows it, as
    that is the fastest."""
    asked = settings.model
    if asked.loss != "softmax":
        return SampledForm(model, settings, cut)
    plain = asked.history == "bag" and asked.precision == "float32" and asked.embedding_shards == 1
    return (
        FlatForm(model) if plain and not asked.xla else PaddedForm(model, settings.history_length, cut.rows)
    )
