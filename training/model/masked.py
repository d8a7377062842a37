"""Pre-training: the transformer learns to fill in what is masked of a history, from purchases alone."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from training.features.epoch_examples import EpochExamples
from training.model.objective import Epoch, StepShape, rows_of
from training.model.submodels import encoder_part, encoder_variables, item_vectors
from training.settings import TrainingSettings

LEAST = 2
"""Products of a history to learn from; of one product nothing is left to tell it by."""


class MaskedForm:
    """A share of each history is replaced by one learned vector; the softmax over all products must say what
    was there (Sun et al. 2019, "BERT4Rec", without positions: what a purchase weighs is known of it)."""

    ordered = True

    def __init__(self, model: keras.Model, settings: TrainingSettings, cut: StepShape) -> None:
        self._settings, self._rows = settings, cut.rows
        self._encoder, self._items = encoder_part(model), item_vectors(model)
        self._all = model.get_layer("all_items").count
        initial = keras.initializers.RandomNormal(0, 0.02, seed=settings.seed)
        self._mask = keras.Variable(initial, shape=(settings.embedding_dim,), name="mask")
        self.variables = [*encoder_variables(model), self._mask]
        self._length = settings.history_length
        self._places = max(1, round(self._length * settings.model.masked_share))

    def arrays(self, drawn: EpochExamples, epoch: int, /) -> dict[str, npt.NDArray[Any]]:
        """``history``, ``weights``, ``masked`` int32 [M] places in the history with -1 after them, and
        ``weight``: 0 for the rows that are too short."""
        random = np.random.default_rng([self._settings.seed, epoch, 2])
        lists, rows = drawn.history, len(drawn.history.splits) - 1
        lengths = np.diff(lists.splits)
        wanted = np.minimum(np.ceil(lengths * self._settings.model.masked_share), self._places).astype(int)
        turn = np.lexsort((random.random(len(lists.items)), lists.rows))
        chosen = lists.places[turn]  # each row's places in an order of chance
        masked = np.full((rows, self._places), -1, np.int32)
        kept = lists.places < wanted[lists.rows]
        masked[lists.rows[kept], lists.places[kept]] = chosen[kept]
        return {
            "history": lists.padded(self._length),
            "weights": lists.padded(self._length, drawn.weights),
            "masked": masked,
            "weight": ((lengths >= LEAST) & (drawn.weight > 0)).astype(np.float32),
        }

    def loss(self, epoch: Epoch, first: Any, last: Any) -> Any:
        example = rows_of(epoch, ("history", "weights", "masked"), first, last, self._rows)
        history, masked = example["history"], example["masked"]
        there = tf.cast(masked >= 0, tf.float32)
        hidden = tf.reduce_max(tf.one_hot(masked, self._length), 1)[:, :, None]
        bought = self._items(history)
        mask = tf.cast(tf.convert_to_tensor(self._mask), bought.dtype)
        hidden = tf.cast(hidden, bought.dtype)
        covered = bought * (1 - hidden) + mask * hidden
        encoded = self._encoder([covered, history, example["weights"]], training=True)
        places = tf.maximum(masked, 0)
        told = tf.cast(tf.gather(encoded, places, batch_dims=1), tf.float32)
        wanted = tf.gather(history, places, batch_dims=1)
        vectors = tf.cast(self._items(tf.range(self._all)), tf.float32)
        logits = tf.einsum("bmd,nd->bmn", told, vectors)
        lost = tf.nn.sparse_softmax_cross_entropy_with_logits(wanted, logits)
        mean = tf.reduce_sum(lost * there, 1) / tf.maximum(tf.reduce_sum(there, 1), 1.0)
        return tf.reduce_sum(mean * example["weight"])
