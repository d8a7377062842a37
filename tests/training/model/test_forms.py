"""Without padding it is the same model: the same loss, and the same gradient of every weight."""

from __future__ import annotations

from typing import Any

import numpy as np

from training.features.training_data import TrainingData


def _loss_and_gradients(
    objective: Any, model: Any, epoch: Any, step: int, first: int, last: int
) -> tuple[float, list[Any]]:
    import tensorflow as tf

    with tf.GradientTape() as tape:
        loss = objective.loss({name: tf.constant(array) for name, array in epoch.items()}, step, first, last)
    gradients = tape.gradient(loss, [variable.value for variable in model.trainable_variables])
    return float(loss), [np.array(tf.convert_to_tensor(gradient)) for gradient in gradients]


def test_flat_and_padded_examples_give_one_loss_and_one_gradient(data: TrainingData) -> None:
    from training.model.flat import FlatObjective
    from training.model.padded import PaddedObjective
    from training.model.two_tower import Sizes, build

    model = build(Sizes(len(data.catalogue), 8, 8), data.catalogue.features())
    random = np.random.default_rng(3)
    for variable in model.trainable_variables:
        variable.assign(random.normal(0, 0.3, variable.shape))
    drawn = data.examples.draw(1)
    unordered = data.examples.draw(1, ordered=False)
    most = data.examples.most_rows
    flat, padded = FlatObjective(model), PaddedObjective(model, 8, most)
    assert (np.diff(drawn.history.splits) == 8).any()
    starts = drawn.splits.tolist()
    end = len(drawn.weight)  # the last row is no example
    for first, last in ((0, starts[1]), (starts[1], starts[1] + 1), (starts[-2], end), (3, 3)):
        loss, of_one = _loss_and_gradients(flat, model, flat.arrays(unordered, (1,)), 0, first, last)
        other_loss, of_other = _loss_and_gradients(padded, model, padded.arrays(drawn, (1,)), 0, first, last)
        np.testing.assert_allclose(loss, other_loss, rtol=1e-5)
        for variable, got, wanted in zip(model.trainable_variables, of_one, of_other, strict=True):
            largest = np.abs(wanted).max()
            np.testing.assert_allclose(got, wanted, atol=2e-5 * largest + 1e-30, err_msg=variable.path)


def test_the_fused_adam_is_adam(data: TrainingData) -> None:
    import keras
    import tensorflow as tf

    from training.fit.adam import FusedAdam

    random = np.random.default_rng(4)
    gradients = [tf.constant(random.normal(size=(5, 3)), tf.float32) for _ in range(4)]
    ended = []
    kinds: list[Any] = [keras.optimizers.Adam, FusedAdam]
    for kind in kinds:
        variable = keras.Variable(np.ones((5, 3), np.float32))
        optimizer = kind(0.1)
        optimizer.build([variable])

        def step(gradient: Any, optimizer: Any = optimizer, variable: Any = variable) -> None:
            optimizer.apply([gradient], [variable])

        for gradient in gradients:
            step(gradient)
        ended.append([np.array(variable), *(np.array(moment) for moment in optimizer.variables)])
    for plain, fused in zip(*ended, strict=True):
        np.testing.assert_allclose(fused, plain, rtol=1e-4)  # Keras takes 1 - 0.999 in float32
