"""The model of a run."""

from __future__ import annotations

from typing import Any

import keras

from training.features.history import user_width
from training.features.training_data import TrainingData
from training.model.two_tower import Sizes, build


def make(learning: TrainingData, **changed: Any) -> keras.Model:
    """Build the model that settings and catalogue ask for, with changes of ``ModelSettings``."""
    settings = learning.settings
    asked = settings.model.model_copy(update=changed)
    sizes = Sizes(
        len(learning.catalogue),
        settings.embedding_dim,
        settings.history_length,
        user_width(asked.time_features),
    )
    return build(sizes, learning.catalogue.features(), asked)
