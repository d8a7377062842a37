"""Losses that score a sample of the products: a catalogue of millions is never scored in a step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from training.features.epoch_examples import EpochExamples, RaggedArray
from training.features.examples import TARGETS
from training.model.layers import NEVER
from training.model.objective import INPUTS, Epoch, StepShape, rows_of
from training.model.submodels import customer_part, product_vectors
from training.settings import TrainingSettings

SMOOTHING = 0.75
"""Exponent of the popularity that products are drawn by (Mikolov et al. 2013, "Distributed Representations
of Words and Phrases and their Compositionality")."""


class SampledObjective:
    """Softmax or rating over products that are drawn for each step, the same for all workers.

    A product drawn ``n`` times of ``S`` with probability q counts n / (S q): the sum over the sample is, in
    the mean, the sum over all products (importance sampling; the logQ correction of Bengio & Senecal 2003,
    "Quick Training of Probabilistic Neural Nets by Importance Sampling"). The products of the basket are
    scored for themselves, and never counted twice.

    - ``sampled_softmax``: as ``training.model.padded.basket_loss``, with the sum in the softmax estimated.
    - ``rating``: y_ui = f(x_u, x_i) + b is 1 for what was bought and 0 elsewhere; the mean square over the
      basket, plus ``unbought_weight`` times the mean square over all other products (Hu, Koren & Volinsky
      2008, "Collaborative Filtering for Implicit Feedback Datasets").
    """

    ordered = True

    def __init__(self, model: keras.Model, settings: TrainingSettings, shape: StepShape) -> None:
        self.variables = list(model.trainable_variables)
        self._settings, self._shape = settings, shape
        self._customer_model, self._product_vectors = customer_part(model), product_vectors(model)
        self._bias = model.get_layer("item_bias").bias
        self._product_count = int(self._bias.shape[0])
        self._draws = settings.model.sampled_products
        self._slots = min(self._draws, self._product_count - 1)

    def arrays(self, examples: EpochExamples, drawn_by: Sequence[int], /) -> dict[str, npt.NDArray[Any]]:
        """The padded examples, for each step the products drawn [K] with the logarithm of what they count,
        where among them (K for nowhere) the history and the revealed products are, and what the targets
        count."""
        length, size = self._settings.history_length, self._slots
        random = np.random.default_rng([*drawn_by, 1])
        popular = (1.0 + examples.popularity) ** SMOOTHING
        popular[0] = 0
        below = np.cumsum(popular / popular.sum())
        steps = examples.steps
        products = np.zeros((steps, size), np.int32)
        counts = np.full((steps, size), NEVER, np.float32)
        place = np.full(self._product_count, size, np.int32)
        count = np.full(self._product_count, NEVER, np.float32)
        history_places = np.zeros(len(examples.history.products), np.int32)
        revealed_places = np.zeros(len(examples.revealed.products), np.int32)
        target_counts = np.zeros(len(examples.targets.products), np.float32)
        for step in range(steps):
            places = np.searchsorted(below, random.random(self._draws) * below[-1], side="right")
            found, times = np.unique(places, return_counts=True)
            share = popular[found] / popular.sum()
            products[step, : len(found)] = found
            counts[step, : len(found)] = np.log(times / (self._draws * share))
            place[found], count[found] = np.arange(len(found)), counts[step, : len(found)]
            for lists, values in ((examples.history, history_places), (examples.revealed, revealed_places)):
                entries = _entries(examples, lists, step)
                values[entries] = place[lists.products[entries]]
            entries = _entries(examples, examples.targets, step)
            target_counts[entries] = count[examples.targets.products[entries]]
            place[found], count[found] = size, NEVER
        return {
            **examples.padded(length, TARGETS),
            "products": products,
            "counts": counts,
            "history_place": _padded(examples.history, length, history_places, size),
            "revealed_place": _padded(examples.revealed, length, revealed_places, size),
            "targets_count": _padded(examples.targets, TARGETS, target_counts, NEVER),
        }

    def loss(self, epoch: Epoch, step: Any, first: Any, last: Any) -> Any:
        names = (*INPUTS, "targets", "history_place", "revealed_place", "targets_count")
        example = rows_of(epoch, names, first, last, self._shape.rows)
        products, counts = epoch["products"][step], epoch["counts"][step]
        history = example["history"]
        inputs = [example[name] for name in INPUTS]
        customers, gains = self._customer_model([self._product_vectors(history), *inputs], training=True)
        customers, gains = tf.cast(customers, tf.float32), tf.cast(gains, tf.float32)
        scores = self._sampled(customers, gains, products, example)
        targets = example["targets"]
        vectors = tf.cast(self._product_vectors(targets), tf.float32)
        target_scores = tf.einsum("bd,btd->bt", customers, vectors)
        target_scores += tf.gather(tf.convert_to_tensor(self._bias), targets)
        same = tf.cast(history[:, None, :] == targets[:, :, None], tf.float32)
        target_scores += tf.einsum("bth,bh->bt", same, gains)
        is_target = tf.cast(targets > 0, tf.float32)
        basket = tf.maximum(tf.reduce_sum(is_target, 1), 1.0)
        loss = self._rating if self._settings.model.loss == "rating" else self._softmax
        losses = loss(scores, counts, target_scores, example["targets_count"], is_target, basket)
        return tf.reduce_sum(losses * example["weight"])

    def _sampled(self, customers: Any, gains: Any, products: Any, example: dict[str, Any]) -> Any:
        """Scores of the products drawn [B, S]; what was revealed is no candidate."""
        bias = tf.gather(tf.convert_to_tensor(self._bias), products)
        vectors = tf.cast(self._product_vectors(products), tf.float32)
        scores = tf.matmul(customers, vectors, transpose_b=True) + bias
        scores = tf.pad(scores, [[0, 0], [0, 1]])  # a place for what was not drawn
        known, revealed = example["history_place"], example["revealed_place"]
        rows = tf.range(tf.shape(known)[0])[:, None]
        places = tf.concat([known, revealed], 1)
        values = tf.concat([gains, tf.fill(tf.shape(revealed), NEVER)], 1)
        indices = tf.stack([tf.broadcast_to(rows, tf.shape(places)), places], -1)
        return tf.tensor_scatter_nd_add(scores, indices, values)[:, :-1]

    def _softmax(self, scores: Any, counts: Any, own: Any, own_counts: Any, target: Any, basket: Any) -> Any:
        """The mean over the basket of log(sum of all) - score, float32 [B]."""
        largest = tf.maximum(
            tf.reduce_max(scores + counts, 1, keepdims=True), tf.reduce_max(own, 1, keepdims=True)
        )
        largest = tf.stop_gradient(largest)
        sums = tf.reduce_sum(tf.exp(scores + counts - largest), 1, keepdims=True)
        itself = tf.exp(own - largest)
        others = tf.maximum(sums - tf.exp(tf.minimum(own + own_counts - largest, 0.0)), 0.0)
        logs = tf.math.log(others + itself) + largest
        return tf.reduce_sum(target * (logs - own), 1) / basket

    def _rating(self, scores: Any, counts: Any, own: Any, own_counts: Any, target: Any, basket: Any) -> Any:
        """The mean square of 1 - score over the basket, and of the score over all else, float32 [B]."""
        candidates = tf.where(scores > NEVER / 2, scores, 0.0)
        everything = tf.reduce_sum(tf.exp(counts) * candidates**2, 1)
        bought = tf.reduce_sum(target * tf.exp(own_counts) * own**2, 1)
        unbought = tf.maximum(everything - bought, 0.0) / (self._product_count - 1)
        return tf.reduce_sum(target * (1 - own) ** 2, 1) / basket + (
            self._settings.model.unbought_weight * unbought
        )


def _entries(examples: EpochExamples, lists: RaggedArray, step: int) -> slice:
    """The entries of a step's rows."""
    first, last = examples.splits[step : step + 2]
    return slice(int(lists.splits[first]), int(lists.splits[last]))


def _padded(lists: RaggedArray, length: int, values: npt.NDArray[Any], rest: float) -> npt.NDArray[Any]:
    """[rows, length]: a value for each entry, ``rest`` after them."""
    out = np.full((len(lists.splits) - 1, length), rest, values.dtype)
    out[lists.rows, lists.places] = values
    return out
