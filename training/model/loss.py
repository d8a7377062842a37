"""The loss: softmax over all products, against every product of the basket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from training.model.layers import NEVER


def basket_loss(scores: Any, example: Mapping[str, Any]) -> Any:
    """Mean over the basket of -log softmax(scores) at its products, times the example's weight; [B].

    The softmax runs over the whole catalogue (thousands of products), so no sampling and no correction for
    popularity is needed; what the customer was told of the basket is not a candidate.
    """
    rows = tf.tile(tf.range(tf.shape(scores)[0])[:, None], [1, tf.shape(example["told"])[1]])
    told = tf.cast(example["told"] > 0, scores.dtype) * NEVER
    scores = tf.tensor_scatter_nd_add(scores, tf.stack([rows, example["told"]], -1), told)
    logs = tf.gather(tf.nn.log_softmax(scores), example["targets"], batch_dims=1)
    there = tf.cast(example["targets"] > 0, scores.dtype)
    of_basket = tf.reduce_sum(there * logs, 1) / tf.maximum(tf.reduce_sum(there, 1), 1.0)
    return -of_basket * example["weight"]
