"""Adam with one pass over each variable."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf


class FusedAdam(keras.optimizers.Adam):  # type: ignore[misc]
    """Keras's Adam, the same formula and the same variables, by TensorFlow's kernel for it.

    Keras writes the update as a dozen operations, each a pass over the variable; the kernel makes one. With
    several replicas the update runs where the strategy puts it, and stays Keras's.
    """

    def add_variable_from_reference(self, reference_variable: Any, *more: Any, **named: Any) -> Any:
        """The kernel takes a variable and its moments from one device."""
        if tf.distribute.has_strategy():
            return super().add_variable_from_reference(reference_variable, *more, **named)
        with tf.device(getattr(reference_variable, "value", reference_variable).device):
            return super().add_variable_from_reference(reference_variable, *more, **named)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        if tf.distribute.get_strategy().num_replicas_in_sync > 1 or self.amsgrad:
            super().update_step(gradient, variable, learning_rate)
            return
        index = self._get_variable_index(variable)
        step = tf.cast(self.iterations.value + 1, tf.float32)
        tf.raw_ops.ResourceApplyAdam(
            var=_handle(variable),
            m=_handle(self._momentums[index]),
            v=_handle(self._velocities[index]),
            beta1_power=tf.pow(self.beta_1, step),
            beta2_power=tf.pow(self.beta_2, step),
            lr=tf.cast(learning_rate, tf.float32),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=tf.convert_to_tensor(gradient),
        )


def _handle(variable: Any) -> Any:
    """The resource of a Keras variable, or of TensorFlow's."""
    return getattr(variable, "value", variable).handle if hasattr(variable, "_value") else variable.handle
