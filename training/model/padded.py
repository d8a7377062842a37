"""Examples padded to the history's length, for every model whose loss is over the whole catalogue."""

from __future__ import annotations

from typing import Any

import keras
import numpy.typing as npt
import tensorflow as tf

from training.features.epoch_examples import EpochExamples
from training.features.examples import TARGETS
from training.model.loss import basket_loss
from training.model.objective import INPUTS, Epoch, learned, rows_of


class PaddedForm:
    """Calls the model as it is."""

    ordered = True

    def __init__(self, model: keras.Model, length: int, rows: int) -> None:
        self.variables = learned(model)
        self._model, self._length, self._rows = model, length, rows

    def arrays(self, drawn: EpochExamples, _epoch: int, /) -> dict[str, npt.NDArray[Any]]:
        return drawn.padded(self._length, TARGETS)

    def loss(self, epoch: Epoch, first: Any, last: Any) -> Any:
        example = rows_of(epoch, (*INPUTS, "told", "targets"), first, last, self._rows)
        scores = self._model({name: example[name] for name in INPUTS}, training=True)
        return tf.reduce_sum(basket_loss(scores, example))
