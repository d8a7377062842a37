"""The layers that Keras does not have, small and without settings of the run in them.

Their names are in every saved model, which Keras reads by the names of classes.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

NEVER = -1e9
"""Score of what must not be chosen; finite, so that a gradient through it is 0 and not NaN."""


@keras.saving.register_keras_serializable("isthmus")
class AllItems(keras.layers.Layer):  # type: ignore[misc]
    """The numbers 0..count-1 of all products, int32 [count], whatever its input.

    It is the product tower's input: as no part of it depends on a customer, an export computes the vectors of
    all products once and keeps them.
    """

    def __init__(self, count: int, **more: Any) -> None:
        super().__init__(**more)
        self.count = count

    def call(self, _any: Any) -> Any:
        return tf.range(self.count, dtype=tf.int32)

    def compute_output_spec(self, _any: Any) -> keras.KerasTensor:
        return keras.KerasTensor((self.count,), dtype="int32")

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "count": self.count}


@keras.saving.register_keras_serializable("isthmus")
class OntoItems(keras.layers.Layer):  # type: ignore[misc]
    """Puts values of a history at the places of their products: [B, H] and [B, H] -> [B, count]."""

    def __init__(self, count: int, **more: Any) -> None:
        super().__init__(**more)
        self.count = count

    def call(self, history: Any, values: Any) -> Any:
        batch, length = tf.shape(history)[0], tf.shape(history)[1]
        rows = tf.tile(tf.range(batch)[:, None], [1, length])
        places = tf.stack([rows, history], axis=-1)
        return tf.scatter_nd(places, values, tf.stack([batch, self.count]))

    def compute_output_spec(self, history: Any, values: Any) -> keras.KerasTensor:
        return keras.KerasTensor((history.shape[0], self.count), dtype=values.dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "count": self.count}


@keras.saving.register_keras_serializable("isthmus")
class ItemBias(keras.layers.Layer):  # type: ignore[misc]
    """Adds the bias b of every product; product 0 is padding, and gets a score that never wins."""

    def build(self, shape: Any) -> None:
        self.bias = self.add_weight(shape=(shape[-1],), initializer="zeros", name="bias")
        self.built = True

    def call(self, scores: Any) -> Any:
        is_padding = tf.one_hot(0, tf.shape(scores)[-1], dtype=scores.dtype)
        return scores + self.bias + NEVER * is_padding
