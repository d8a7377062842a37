"""The loop: epochs of steps, each one all-reduce; a checkpoint after each epoch."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from training.errors import TrainingError
from training.features.examples import Examples
from training.fit.checkpoint import Checkpoint, CheckpointStore
from training.fit.epoch import AfterEpoch, Epoch
from training.model.loss import basket_loss
from training.settings import TrainingSettings

INPUTS = ("history", "weights", "user")


class WorkersDisagree(Exception):
    """Two workers resumed from different steps; all must start again."""


class Preempted(Exception):
    """Training was asked to stop; the checkpoint is saved."""


@dataclass
class Fit:
    """A model in training.

    Args:
        strategy: where the variables live (``training.fit.cluster.strategy_of``).
        make_model: builds the model inside the strategy's scope.
        examples: what to learn from.
        settings: epochs, learning rate.
        checkpoints: where to save and to resume from.
        saves: whether this worker saves after an epoch (the chief).
        say: takes one line of progress.
        stop: asked before each step; True saves and raises Preempted.
        alive: called after each step.
        after_epoch: called with each epoch that has ended, before its checkpoint is saved.
    """

    strategy: Any
    make_model: Callable[[], keras.Model]
    examples: Examples
    settings: TrainingSettings
    checkpoints: CheckpointStore
    saves: bool = True
    say: Callable[[str], None] = print
    stop: Callable[[], bool] = lambda: False
    alive: Callable[[], None] = lambda: None
    after_epoch: AfterEpoch = lambda _: None
    losses: list[float] = field(default_factory=list)

    def run(self) -> keras.Model:
        """Train to the end, from the last checkpoint where there is one; returns the model.

        Raises:
            WorkersDisagree: when the workers did not resume from the same step.
            Preempted: when ``stop`` said so.
            TrainingError: when the loss is no number.
        """
        with self.strategy.scope():
            self.model = self.make_model()
            self.optimizer = keras.optimizers.Adam(self.settings.learning_rate)
            self.optimizer.build(self.model.trainable_variables)
        epoch, step, loss = self._resume()
        train = self._step_function()
        while epoch < self.settings.epochs:
            began, began_at = time.monotonic(), step
            for batch in self._batches(epoch, step):
                if self.stop():
                    self._save(epoch, step, loss)
                    raise Preempted
                loss += float(train(batch))
                step += 1
                self.alive()
            mean = self._finish_epoch(epoch, loss)
            done = (step - began_at) * self.examples.shape.batch
            self.after_epoch(Epoch(epoch + 1, mean, done, time.monotonic() - began, self.model))
            epoch, step, loss = epoch + 1, 0, 0.0
            if self.saves:
                self._save(epoch, step, loss)
        return self.model

    def _finish_epoch(self, epoch: int, loss: float) -> float:
        mean = loss * self.examples.shape.batch / len(self.examples)
        if not np.isfinite(mean):
            raise TrainingError(
                f"the loss of epoch {epoch + 1} is {mean}; lower training.learning_rate "
                f"(it is {self.settings.learning_rate})"
            )
        self.losses.append(mean)
        self.say(
            f"epoch {epoch + 1}/{self.settings.epochs}: loss {mean:.4f}, {self.examples.steps} steps of "
            f"{self.examples.shape.batch} orders"
        )
        return mean

    def _batches(self, epoch: int, from_step: int) -> Iterator[Any]:
        """The batches of an epoch, from a step on; every worker makes the same, and takes its share of each.

        The share is cut by the replica's number, as DATA auto-sharding cuts it; a distributed dataset for
        each epoch would take longer to build than a small epoch takes to run.

        Raises:
            TrainingError: when the replicas cannot share a batch evenly.
        """
        arrays = self.examples.arrays(epoch)
        batch = self.examples.shape.batch
        replicas = self.strategy.num_replicas_in_sync
        share, left = divmod(batch, replicas)
        if left:
            raise TrainingError(
                f"a step has {batch} orders, which {replicas} replicas cannot share; "
                f"change training.batch_size (it is {self.settings.batch_size})"
            )
        for step in range(from_step, self.examples.steps):

            def of_replica(context: Any, start: int = step * batch) -> dict[str, Any]:
                first = start + context.replica_id_in_sync_group * share
                return {name: tf.constant(array[first : first + share]) for name, array in arrays.items()}

            yield self.strategy.experimental_distribute_values_from_function(of_replica)

    def _step_function(self) -> Callable[[Any], Any]:
        variables = self.model.trainable_variables

        def on_replica(example: Mapping[str, Any]) -> Any:
            with tf.GradientTape() as tape:
                scores = self.model({name: example[name] for name in INPUTS}, training=True)
                losses = basket_loss(scores, example)
                loss = tf.reduce_sum(losses) / self.examples.shape.batch
            gradients = tape.gradient(loss, [variable.value for variable in variables])
            dense = [tf.convert_to_tensor(gradient) for gradient in gradients]
            self.optimizer.apply_gradients(zip(dense, variables, strict=True))
            return loss

        def train(batch: Any) -> Any:
            losses = self.strategy.run(on_replica, args=(batch,))
            return self.strategy.reduce(tf.distribute.ReduceOp.SUM, losses, axis=None)

        compiled: Callable[[Any], Any] = tf.function(train)
        return compiled

    def _variables(self) -> list[Any]:
        return [*self.model.trainable_variables, *self.optimizer.variables]

    def _save(self, epoch: int, step: int, loss: float) -> None:
        values = [np.asarray(variable) for variable in self._variables()]
        self.checkpoints.save(Checkpoint(epoch, step, loss, tuple(self.losses), values))

    def _resume(self) -> tuple[int, int, float]:
        found = self.checkpoints.load()
        epoch, step, loss = 0, 0, 0.0
        if found is not None:
            self._assign(found.values)
            epoch, step, loss = found.epoch, found.step, found.loss
            self.losses[:] = found.losses
            self.say(f"resumed after epoch {epoch}, step {step} of the next")
        self._agree(epoch * self.examples.steps + step)
        return epoch, step, loss

    def _assign(self, values: Sequence[npt.NDArray[Any]]) -> None:
        with self.strategy.scope():
            for variable, value in zip(self._variables(), values, strict=True):
                variable.assign(value)

    def _agree(self, at: int) -> None:
        """Every worker must go on from the same step, or their weights would differ from here on."""
        replicas = self.strategy.num_replicas_in_sync

        def total(value: Any) -> Any:
            per_replica = self.strategy.run(lambda: tf.stack([value, value * value]))
            return self.strategy.reduce(tf.distribute.ReduceOp.SUM, per_replica, axis=None)

        first, second = tf.function(total)(tf.constant(float(at), tf.float64)).numpy()
        if first != at * replicas or second != at * at * replicas:
            raise WorkersDisagree(f"this worker is at step {at}, the mean is {first / replicas}")
