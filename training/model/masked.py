"""Pre-training: the transformer learns to fill in what is masked of a history, from purchases alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from training.features.epoch_examples import EpochExamples
from training.model.objective import Epoch, StepShape, rows_of
from training.model.submodels import encoder_part, encoder_variables, product_vectors
from training.settings import TrainingSettings

LEAST = 2
"""Fewest products of a history to learn from: of a single one nothing is left to predict it by."""


class MaskedObjective:
    """A share of each history is replaced by one learned vector; the softmax over all products must say what
    was there (Sun et al. 2019, "BERT4Rec"; weights of purchases take the place of positions)."""

    ordered = True

    def __init__(self, model: keras.Model, settings: TrainingSettings, shape: StepShape) -> None:
        self._settings, self._rows = settings, shape.rows
        self._encoder, self._product_vectors = encoder_part(model), product_vectors(model)
        self._product_count = model.get_layer("all_items").count
        initial = keras.initializers.RandomNormal(0, 0.02, seed=settings.seed)
        self._mask = keras.Variable(initial, shape=(settings.embedding_dim,), name="mask")
        self.variables = [*encoder_variables(model), self._mask]
        self._length = settings.history_length
        self._places = max(1, round(self._length * settings.model.masked_share))

    def arrays(self, examples: EpochExamples, drawn_by: Sequence[int], /) -> dict[str, npt.NDArray[Any]]:
        """``history``, ``weights``, ``masked`` int32 [M] places in the history with -1 after them, and
        ``weight``: 0 for the rows that are too short."""
        random = np.random.default_rng([*drawn_by, 2])
        histories, rows = examples.history, len(examples.history.splits) - 1
        lengths = np.diff(histories.splits)
        wanted = np.minimum(np.ceil(lengths * self._settings.model.masked_share), self._places).astype(int)
        # An order of the products for each example, of what all workers draw and of its own chance.
        drawn = random.random(len(examples.popularity))[histories.products]
        order = drawn * (1 + examples.chance[histories.rows] * 2**20) % 1
        shuffled = np.lexsort((order, histories.rows))
        chosen = histories.places[shuffled]  # each row's places in an order of chance
        masked = np.full((rows, self._places), -1, np.int32)
        selected = histories.places < wanted[histories.rows]
        masked[histories.rows[selected], histories.places[selected]] = chosen[selected]
        return {
            "history": histories.padded(self._length),
            "weights": histories.padded(self._length, examples.weights),
            "masked": masked,
            "weight": ((lengths >= LEAST) & (examples.weight > 0)).astype(np.float32),
        }

    def loss(self, epoch: Epoch, _step: Any, first: Any, last: Any) -> Any:
        example = rows_of(epoch, ("history", "weights", "masked"), first, last, self._rows)
        history, masked = example["history"], example["masked"]
        is_masked = tf.cast(masked >= 0, tf.float32)
        hidden = tf.reduce_max(tf.one_hot(masked, self._length), 1)[:, :, None]
        bought = self._product_vectors(history)
        mask = tf.cast(tf.convert_to_tensor(self._mask), bought.dtype)
        hidden = tf.cast(hidden, bought.dtype)
        covered = bought * (1 - hidden) + mask * hidden
        encoded = self._encoder([covered, history, example["weights"]], training=True)
        places = tf.maximum(masked, 0)
        predicted = tf.cast(tf.gather(encoded, places, batch_dims=1), tf.float32)
        wanted = tf.gather(history, places, batch_dims=1)
        vectors = tf.cast(self._product_vectors(tf.range(self._product_count)), tf.float32)
        logits = tf.einsum("bmd,nd->bmn", predicted, vectors)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(wanted, logits)
        mean = tf.reduce_sum(losses * is_masked, 1) / tf.maximum(tf.reduce_sum(is_masked, 1), 1.0)
        return tf.reduce_sum(mean * example["weight"])
