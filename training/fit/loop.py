"""The loop: epochs of steps, each one all-reduce; a checkpoint after each epoch."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from training.errors import TrainingError
from training.features.examples import Examples
from training.fit.checkpoint import Checkpoint
from training.fit.epoch import AfterEpoch, Epoch
from training.fit.health import Health, NotANumber, Straggling, beyond_repair
from training.fit.keeper import Keeper
from training.fit.pulse import pulse_of
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
        keeper: where and when to save, and where to resume from.
        health: watches the losses and the workers' seconds.
        say: takes one line of progress.
        stop: asked before each step; True saves and raises Preempted.
        alive: called after each step.
        after_epoch: called with each epoch that has ended, before its checkpoint is saved.
    """

    strategy: Any
    make_model: Callable[[], keras.Model]
    examples: Examples
    settings: TrainingSettings
    keeper: Keeper
    health: Health = field(default_factory=Health)
    say: Callable[[str], None] = print
    stop: Callable[[], bool] = lambda: False
    alive: Callable[[], None] = lambda: None
    after_epoch: AfterEpoch = lambda _: None
    losses: list[float] = field(default_factory=list)
    rate: float = 1.0

    def run(self) -> keras.Model:
        """Train to the end, from the last checkpoint where there is one; returns the model.

        Raises:
            WorkersDisagree: when the workers did not resume from the same step.
            Preempted: when ``stop`` said so.
            Straggling: when this worker should run elsewhere.
            TrainingError: when the loss is no number, also with half the learning rate.
        """
        with self.strategy.scope():
            self.model = self.make_model()
            self.optimizer = keras.optimizers.Adam(self.settings.learning_rate)
            self.optimizer.build(self.model.trainable_variables)
        self._first = self._values()
        at = self._resume()
        train = self._step_function()
        while True:
            try:
                return self._train(train, *at)
            except NotANumber as error:
                at = self._back_off(error)

    def _train(self, train: Callable[[Any, Any], Any], epoch: int, step: int, loss: float) -> keras.Model:
        self.health.began = time.time()
        while epoch < self.settings.epochs:
            began, began_at = time.monotonic(), step
            for batch in self._batches(epoch, step):
                if self.stop():
                    self._save(epoch, step, loss)
                    self.keeper.flush()
                    self.say(f"saved at step {self._at(epoch, step)} of {self._at(self.settings.epochs)}")
                    raise Preempted
                pulse = train(batch, tf.constant(self.health.began, tf.float64))
                loss += self.health.step(pulse.numpy(), self._at(epoch, step) + 1)
                step += 1
                self.alive()
                if self.keeper.due() and step < self.examples.steps:
                    self._save(epoch, step, loss)
            mean = self._finish_epoch(epoch, loss)
            done = (step - began_at) * self.examples.shape.batch
            seconds = time.monotonic() - began
            self.after_epoch(Epoch(epoch + 1, mean, done, seconds, self.model, self.health.epoch()))
            epoch, step, loss = epoch + 1, 0, 0.0
            if self.keeper.saves or self.health.leaves:
                self._save(epoch, step, loss)
            if self.health.leaves and epoch < self.settings.epochs:
                self.keeper.flush()
                raise Straggling
        self.keeper.flush()
        return self.model

    def _back_off(self, error: NotANumber) -> tuple[int, int, float]:
        """Go back to the last good checkpoint, or to the beginning, once, with half the learning rate.

        Raises:
            TrainingError: when that was done before.
        """
        lowered = self.settings.learning_rate * self.rate
        if self.rate < 1:
            raise beyond_repair(error, self._digest(error.at - 1), lowered) from None
        self.say(f"{error}; going back to the last checkpoint, with the learning rate {lowered / 2:g}")
        self.keeper.flush()
        self._agree(error.at)  # the chief has written what it had before anyone reads
        self._assign(self._first)
        self.losses.clear()
        at = self._resume()
        self.rate = 0.5
        with self.strategy.scope():
            self.optimizer.learning_rate = self.settings.learning_rate * self.rate
        return at

    def _digest(self, step: int) -> str:
        """SHA-256 of all workers' examples of a step, counted over the run from 0."""
        epoch, number = divmod(step, self.examples.steps)
        batch, total = self.examples.shape.batch, hashlib.sha256()
        for array in self.examples.arrays(epoch).values():
            total.update(array[number * batch : (number + 1) * batch].tobytes())
        return total.hexdigest()

    def _at(self, epoch: int, step: int = 0) -> int:
        """Steps of the run that are done."""
        return epoch * self.examples.steps + step

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
        each epoch would take longer to build than a small epoch takes to run. However many replicas there
        are, together they take the step's examples and no others: where they do not share evenly, the last
        ones' shares are filled up with examples of weight 0.
        """
        arrays = self.examples.arrays(epoch)
        batch = self.examples.shape.batch
        share = ceil(batch / self.strategy.num_replicas_in_sync)
        for step in range(from_step, self.examples.steps):

            def of_replica(context: Any, start: int = step * batch) -> dict[str, Any]:
                first = min(context.replica_id_in_sync_group * share, batch)
                mine = slice(start + first, start + min(first + share, batch))
                return {name: tf.constant(filled(array[mine], share)) for name, array in arrays.items()}

            yield self.strategy.experimental_distribute_values_from_function(of_replica)

    def _step_function(self) -> Callable[[Any, Any], Any]:
        variables = self.model.trainable_variables

        def on_replica(example: Mapping[str, Any], began: Any) -> Any:
            with tf.GradientTape() as tape:
                scores = self.model({name: example[name] for name in INPUTS}, training=True)
                losses = basket_loss(scores, example)
                loss = tf.reduce_sum(losses) / self.examples.shape.batch
            gradients = tape.gradient(loss, [variable.value for variable in variables])
            dense = [tf.convert_to_tensor(gradient) for gradient in gradients]
            pulse = pulse_of(loss, dense, began)
            self.optimizer.apply_gradients(zip(dense, variables, strict=True))
            return pulse

        def train(batch: Any, began: Any) -> Any:
            pulses = self.strategy.run(on_replica, args=(batch, began))
            return self.strategy.reduce(tf.distribute.ReduceOp.SUM, pulses, axis=None)

        compiled: Callable[[Any, Any], Any] = tf.function(train)
        return compiled

    def _variables(self) -> list[Any]:
        return [*self.model.trainable_variables, *self.optimizer.variables]

    def _save(self, epoch: int, step: int, loss: float) -> None:
        self.keeper.save(Checkpoint(epoch, step, loss, tuple(self.losses), self._values(), self.rate))

    def _values(self) -> list[npt.NDArray[Any]]:
        """Copies: the next step changes the variables while a checkpoint is written."""
        return [np.array(variable) for variable in self._variables()]

    def _resume(self) -> tuple[int, int, float]:
        found = self.keeper.load()
        epoch, step, loss = 0, 0, 0.0
        if found is not None:
            self._assign(found.values)
            epoch, step, loss = found.epoch, found.step, found.loss
            self.losses[:], self.rate = found.losses, found.rate
            self.say(f"resumed at step {self._at(epoch, step)} of {self._at(self.settings.epochs)}")
        self._agree(self._at(epoch, step))
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


def filled(rows: npt.NDArray[Any], share: int) -> npt.NDArray[Any]:
    """``rows`` with rows of zeros after them, to ``share`` in all; an example of zeros has no weight."""
    if len(rows) == share:
        return rows
    return np.concatenate([rows, np.zeros((share - len(rows), *rows.shape[1:]), rows.dtype)])
