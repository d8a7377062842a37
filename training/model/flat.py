"""Examples without padding: a history of 128 places holds 20 products or so."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from training.features.epoch_examples import EpochExamples
from training.model.catalogue_softmax import catalogue_softmax
from training.model.layers import NEVER
from training.model.objective import Epoch, learned
from training.model.sparse_projection import projection


class FlatForm:
    """The two towers over what is there, a bag's history and the softmax over all products.

    It computes what ``training.model.two_tower.build`` computes, with the weights of the layers that this
    made; a change there is a change here, and a test compares loss and gradients.
    """

    ordered = False

    def __init__(self, model: keras.Model) -> None:
        self.variables = learned(model)
        self._layer = model.get_layer
        self._project = projection(np.asarray(model.get_layer("item_features").embeddings))

    def arrays(self, drawn: EpochExamples, _epoch: int, /) -> dict[str, npt.NDArray[Any]]:
        count = np.diff(drawn.targets.splits)
        return {
            "history": drawn.history.items,
            "history_splits": drawn.history.splits,
            "weights": drawn.weights,
            "told": drawn.told.items,
            "told_splits": drawn.told.splits,
            "targets": drawn.targets.items,
            "targets_splits": drawn.targets.splits,
            "user": drawn.user,
            "weight": np.where(count > 0, drawn.weight, 0).astype(np.float32),
        }

    def loss(self, epoch: Epoch, first: Any, last: Any) -> Any:
        layer = self._layer
        user, weight = epoch["user"][first:last], epoch["weight"][first:last]
        rows = last - first
        own, places = _places(epoch, "history", first, last)
        told, _ = _places(epoch, "told", first, last)
        targets, _ = _places(epoch, "targets", first, last)
        weights = epoch["weights"][places[0] : places[1]]
        roots = tf.sqrt(weights)

        vectors = layer("item_embedding").embeddings + self._project(
            tf.convert_to_tensor(layer("item_projection").kernel)
        )
        of_row, item = own[:, 0], own[:, 1]
        length = tf.sqrt(tf.math.unsorted_segment_sum(weights, of_row, rows) + 1.0)
        bought = tf.gather(vectors, item) * roots[:, None]
        bag = tf.math.unsorted_segment_sum(bought, of_row, rows) / length[:, None]
        hidden = layer("user_hidden")(tf.concat([bag, user], 1))
        users = layer("user_vector")(hidden) + layer("user_shortcut")(bag)
        users *= tf.sigmoid(layer("trust")(layer("trust_hidden")(user)))

        known = tf.stack([weights, roots, tf.math.log(1 + 4 * weights)], 1)
        repeated = layer("repeat_weight")(known) + tf.gather(layer("repeat_user")(user), of_row)
        gains = layer("repeat_gain")(tf.tanh(repeated))[:, 0]

        bias = layer("item_bias").bias + NEVER * tf.one_hot(0, tf.shape(vectors)[0])
        count = tf.math.unsorted_segment_sum(tf.ones_like(targets[:, 0], tf.float32), targets[:, 0], rows)
        shares = tf.gather(weight / tf.maximum(count, 1.0), targets[:, 0])
        # The bias is one more number of each vector: neither it nor its gradient is a pass of its own.
        return catalogue_softmax(
            tf.concat([users, tf.ones_like(users[:, :1])], 1),
            tf.concat([vectors, bias[:, None]], 1),
            own,
            gains,
            told,
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
