"""The network that orders a customer's candidates: listwise softmax over all, and over the new ones."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.errors import TrainingError
from training.fit.cluster import ALONE, limit_threads
from training.ranking.history_snapshot import Floats
from training.ranking.settings import RankingSettings

logger = logging.getLogger(__name__)

POSITIVES_POWER = 0.7
"""A customer's loss is divided by positives ** this: big buyers count for more, but not in proportion."""
CROSS_ENTROPY_WEIGHT = 1 / 6
ROWS_AT_ONCE = 65_536


@dataclass(frozen=True)
class Examples:
    """Normalised candidates of all windows; rows of a group lie together.

    Attributes:
        values: rows x features.
        label: from 0 to 1.
        group: number of the customer in a window, non-decreasing.
        owned: whether the customer bought the product before.
    """

    values: Floats
    label: Floats
    group: NDArray[np.int64]
    owned: NDArray[np.bool_]


def network(features: int, settings: RankingSettings) -> Any:
    """Features to one score: a perceptron beside a linear model."""
    import keras

    ridge = keras.regularizers.L2(settings.l2)
    inputs = keras.Input((features,), name="features")
    hidden = inputs
    for width in settings.hidden:
        hidden = keras.layers.Dense(width, activation="swish", kernel_regularizer=ridge)(hidden)
        hidden = keras.layers.Dropout(settings.dropout)(hidden)
    deep = keras.layers.Dense(1, kernel_regularizer=ridge)(hidden)
    return keras.Model(
        inputs, keras.layers.Add()([deep, keras.layers.Dense(1, kernel_regularizer=ridge)(inputs)])
    )


def train_one(examples: Examples, settings: RankingSettings, seed: int) -> Any:
    """A network trained from ``seed``.

    Raises:
        TrainingError: when the loss is no number.
    """
    import keras
    import tensorflow as tf

    limit_threads(ALONE)
    keras.utils.set_random_seed(seed)
    model = network(examples.values.shape[1], settings)
    groups = int(examples.group[-1]) + 1
    size = min(settings.customers_per_step, groups)
    steps = groups // size
    start = np.searchsorted(examples.group, np.arange(groups + 1))
    rate = keras.optimizers.schedules.CosineDecay(settings.learning_rate, settings.epochs * steps, 0.02)
    optimizer = keras.optimizers.Adam(rate)

    def train_step(values: Any, label: Any, owned: Any, segment: Any) -> Any:
        with tf.GradientTape() as tape:
            score = model(values, training=True)[:, 0]
            weight = tf.where(label > 0, 1.0, 1 / settings.negatives)
            new = 1 - owned
            loss = _listwise(tf, score, label, weight, segment, size)
            loss += _listwise(tf, score, label * new, weight * new + 1e-6, segment, size)
            entropy = tf.nn.sigmoid_cross_entropy_with_logits(label, score)
            loss += tf.reduce_sum(weight * entropy) / size * CROSS_ENTROPY_WEIGHT
            loss += tf.add_n(model.losses)
        optimizer.apply_gradients(
            zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables, strict=True)
        )
        return loss

    shapes = [tf.TensorSpec([None, examples.values.shape[1]])]
    shapes += [tf.TensorSpec([None]), tf.TensorSpec([None]), tf.TensorSpec([None], tf.int32)]
    step = tf.function(train_step, input_signature=shapes)
    owned = examples.owned.astype(np.float32)
    random = np.random.default_rng(seed)
    for epoch in range(settings.epochs):
        order = random.permutation(groups)
        total = 0.0
        for number in range(steps):
            chosen = order[number * size : (number + 1) * size]
            rows = np.concatenate([np.arange(start[group], start[group + 1]) for group in chosen])
            segment = np.repeat(np.arange(size, dtype=np.int32), start[chosen + 1] - start[chosen])
            total += float(step(examples.values[rows], examples.label[rows], owned[rows], segment))
        if not np.isfinite(total):
            raise TrainingError(f"the ranker's loss is {total} in epoch {epoch + 1}; lower learning_rate")
        logger.info(f"seed {seed}, epoch {epoch + 1}/{settings.epochs}: loss {total / steps:.4f}")
    return model


def _listwise(tf: Any, score: Any, label: Any, weight: Any, segment: Any, groups: int) -> Any:
    """Mean over groups of the cross entropy of softmax(score) with the labels, over positives ** 0.7."""
    largest = tf.math.unsorted_segment_max(score, segment, groups)
    share = tf.exp(score - tf.gather(largest, segment)) * weight
    total = tf.math.log(tf.math.unsorted_segment_sum(share, segment, groups) + 1e-9)
    positives = tf.math.unsorted_segment_sum(label, segment, groups)
    losses = tf.math.unsorted_segment_sum(
        label * (tf.gather(largest + total, segment) - score), segment, groups
    )
    return tf.reduce_mean(losses / tf.maximum(positives, 1.0) ** POSITIVES_POWER)


def average(models: Sequence[Any]) -> Any:
    """One model whose score is the mean of theirs."""
    import keras

    inputs = keras.Input(models[0].input_shape[1:], name="features")
    scores = [model(inputs) for model in models]
    return keras.Model(inputs, keras.layers.Average()(scores) if len(scores) > 1 else scores[0])


def scores_of(model: Any, values: Floats) -> Floats:
    """One score a row of normalised features."""
    parts = range(0, len(values), ROWS_AT_ONCE)
    scores = [np.asarray(model(values[at : at + ROWS_AT_ONCE], training=False))[:, 0] for at in parts]
    return np.concatenate(scores) if scores else np.zeros(0, np.float32)
