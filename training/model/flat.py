"""Examples without padding: a history of 128 places holds 20 products or so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from training.features.epoch_examples import EpochExamples
from training.model.catalogue_softmax import catalogue_softmax
from training.model.layers import NEVER
from training.model.objective import Epoch
from training.model.sparse_projection import projection


class FlatObjective:
    """The two towers over what is there, a bag's history and the softmax over all products.

    It computes what ``training.model.two_tower.build`` computes, with the weights of the layers that this
    made; a change there is a change here, and a test compares loss and gradients.
    """

    ordered = False

    def __init__(self, model: keras.Model) -> None:
        self.variables = list(model.trainable_variables)
        self._layer = model.get_layer
        self._project = projection(np.asarray(model.get_layer("item_features").embeddings))

    def arrays(self, examples: EpochExamples, _drawn_by: Sequence[int], /) -> dict[str, npt.NDArray[Any]]:
        target_count = np.diff(examples.targets.splits)
        return {
            "history": examples.history.products,
            "history_splits": examples.history.splits,
            "weights": examples.weights,
            "revealed": examples.revealed.products,
            "revealed_splits": examples.revealed.splits,
            "targets": examples.targets.products,
            "targets_splits": examples.targets.splits,
            "user": examples.user,
            "weight": np.where(target_count > 0, examples.weight, 0).astype(np.float32),
        }

    def loss(self, epoch: Epoch, _step: Any, first: Any, last: Any) -> Any:
        layer = self._layer
        user, weight = epoch["user"][first:last], epoch["weight"][first:last]
        rows = last - first
        own, places = _places(epoch, "history", first, last)
        revealed, _ = _places(epoch, "revealed", first, last)
        targets, _ = _places(epoch, "targets", first, last)
        weights = epoch["weights"][places[0] : places[1]]
        roots = tf.sqrt(weights)

        vectors = layer("item_embedding").embeddings + self._project(
            tf.convert_to_tensor(layer("item_projection").kernel)
        )
        row, product = own[:, 0], own[:, 1]
        length = tf.sqrt(tf.math.unsorted_segment_sum(weights, row, rows) + 1.0)
        bought = tf.gather(vectors, product) * roots[:, None]
        bag = tf.math.unsorted_segment_sum(bought, row, rows) / length[:, None]
        hidden = layer("user_hidden")(tf.concat([bag, user], 1))
        users = layer("user_vector")(hidden) + layer("user_shortcut")(bag)
        users *= tf.sigmoid(layer("trust")(layer("trust_hidden")(user)))

        purchase = tf.stack([weights, roots, tf.math.log(1 + 4 * weights)], 1)
        repeated = layer("repeat_weight")(purchase) + tf.gather(layer("repeat_user")(user), row)
        gains = layer("repeat_gain")(tf.tanh(repeated))[:, 0]

        bias = layer("item_bias").bias + NEVER * tf.one_hot(0, tf.shape(vectors)[0])
        target_count = tf.math.unsorted_segment_sum(
            tf.ones_like(targets[:, 0], tf.float32), targets[:, 0], rows
        )
        shares = tf.gather(weight / tf.maximum(target_count, 1.0), targets[:, 0])
        # The bias is one more number of each vector: neither it nor its gradient is a pass of its own.
        return catalogue_softmax(
            tf.concat([users, tf.ones_like(users[:, :1])], 1),
            tf.concat([vectors, bias[:, None]], 1),
            own,
            gains,
            revealed,
            targets,
            shares,
            weight,
        )


def _places(epoch: Epoch, name: str, first: Any, last: Any) -> tuple[Any, tuple[Any, Any]]:
    """Row (from 0) and product of each entry of some rows' lists, int32 [n, 2], and where the entries are."""
    splits = epoch[f"{name}_splits"][first : last + 1]
    begin, end = splits[0], splits[-1]
    rows = tf.repeat(tf.range(last - first), splits[1:] - splits[:-1])
    return tf.stack([rows, epoch[name][begin:end]], 1), (begin, end)
