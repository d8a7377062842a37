"""Examples padded to the history's length, for every model whose loss is over the whole catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy.typing as npt
import tensorflow as tf

from training.features.epoch_examples import EpochExamples
from training.features.examples import TARGETS
from training.model.layers import NEVER
from training.model.objective import INPUTS, Epoch, rows_of


class PaddedObjective:
    """Calls the model as it is."""

    ordered = True

    def __init__(self, model: keras.Model, length: int, rows: int) -> None:
        self.variables = list(model.trainable_variables)
        self._model, self._length, self._rows = model, length, rows

    def arrays(self, examples: EpochExamples, _drawn_by: Sequence[int], /) -> dict[str, npt.NDArray[Any]]:
        return examples.padded(self._length, TARGETS)

    def loss(self, epoch: Epoch, _step: Any, first: Any, last: Any) -> Any:
        example = rows_of(epoch, (*INPUTS, "revealed", "targets"), first, last, self._rows)
        scores = self._model({name: example[name] for name in INPUTS}, training=True)
        return tf.reduce_sum(basket_loss(scores, example))


def basket_loss(scores: Any, example: Mapping[str, Any]) -> Any:
    """Mean over the basket of -log softmax(scores) at its products, times the example's weight; [B].

    The softmax runs over the whole catalogue (thousands of products), so no sampling and no correction for
    popularity is needed; what is revealed of the basket is not a candidate.
    """
    rows = tf.tile(tf.range(tf.shape(scores)[0])[:, None], [1, tf.shape(example["revealed"])[1]])
    penalty = tf.cast(example["revealed"] > 0, scores.dtype) * NEVER
    scores = tf.tensor_scatter_nd_add(scores, tf.stack([rows, example["revealed"]], -1), penalty)
    logs = tf.gather(tf.nn.log_softmax(scores), example["targets"], batch_dims=1)
    is_target = tf.cast(example["targets"] > 0, scores.dtype)
    mean_log = tf.reduce_sum(is_target * logs, 1) / tf.maximum(tf.reduce_sum(is_target, 1), 1.0)
    return -mean_log * example["weight"]
