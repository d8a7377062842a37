"""The loop: epochs of steps, each one all-reduce; a checkpoint after each epoch."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from isthmus.errors import IsthmusError
from isthmus.progress import Progress
from training.errors import TrainingError
from training.features.epoch_examples import EpochExamples
from training.features.examples import TARGETS, Examples
from training.fit.adam import FusedAdam
from training.fit.checkpoint import Checkpoint
from training.fit.checkpoint_writer import CheckpointWriter
from training.fit.epoch import AfterEpoch, Epoch
from training.fit.epoch_input import EpochInput
from training.fit.health import Health, NotANumber, Straggling, beyond_repair
from training.fit.step_stats import step_stats
from training.model.make_objective import make_objective
from training.model.objective import Objective, StepShape
from training.settings import TrainingSettings

logger = logging.getLogger(__name__)


class WorkersDisagree(IsthmusError):
    """Two workers resumed from different steps; all must start again."""


class Preempted(IsthmusError):
    """Training was asked to stop; the checkpoint is saved."""


@dataclass
class Fit:
    """A model in training.

    Args:
        strategy: where the variables live (``training.fit.cluster.strategy_of``).
        make_model: builds the model inside the strategy's scope.
        examples: this worker's share of what is learned from.
        workers: how many share it.
        settings: epochs, learning rate, and what the model learns by.
        writer: where and when to save, and where to resume from.
        health: watches the losses and the workers' seconds.
        log: takes steps and sentences of the run.
        stop: asked before each step; True saves and raises Preempted.
        alive: called after each step.
        after_epoch: called with each epoch that has ended, before its checkpoint is saved.
        build_objective: makes the objective; that of the settings if not told otherwise.
    """

    strategy: Any
    make_model: Callable[[], keras.Model]
    examples: Examples
    settings: TrainingSettings
    writer: CheckpointWriter
    workers: int = 1
    health: Health = field(default_factory=Health)
    log: logging.Logger | logging.LoggerAdapter[logging.Logger] = logger
    stop: Callable[[], bool] = lambda: False
    alive: Callable[[], None] = lambda: None
    after_epoch: AfterEpoch = lambda _: None
    build_objective: Callable[[keras.Model, TrainingSettings, StepShape], Objective] = make_objective
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
            self._objective = self.build_objective(self.model, self.settings, self._step_shape())
            self.optimizer = FusedAdam(self.settings.learning_rate)
            self.optimizer.build(self._objective.variables)
        self._input = EpochInput(self.examples, self._objective, self.settings.epochs)
        self._first = self._values()
        at = self._resume()
        train = self._step_function()
        while True:
            try:
                return self._train(train, *at)
            except NotANumber as error:
                at = self._back_off(error)

    def _train(self, train: Callable[..., Any], epoch: int, step: int, loss: float) -> keras.Model:
        self.health.began = time.time()
        while epoch < self.settings.epochs:
            began, began_at = time.monotonic(), step
            for number in range(step, self.examples.steps):
                if self.stop():
                    self._save(epoch, step, loss)
                    self.writer.flush()
                    self.log.info(
                        f"saved at step {self._at(epoch, step)} of {self._at(self.settings.epochs)}"
                    )
                    raise Preempted("training was asked to stop; the checkpoint is saved")
                examples, *place = self._input.step(epoch, number)
                stats = train(examples, *map(tf.constant, place), tf.constant(self.health.began, tf.float64))
                loss += self.health.step(stats.numpy(), self._at(epoch, step) + 1)
                step += 1
                self.alive()
                if self.writer.due() and step < self.examples.steps:
                    self._save(epoch, step, loss)
            mean = self._finish_epoch(epoch, loss)
            done = (step - began_at) * self.examples.shape.batch
            seconds = time.monotonic() - began
            self.after_epoch(Epoch(epoch + 1, mean, done, seconds, self.model, self.health.epoch()))
            epoch, step, loss = epoch + 1, 0, 0.0
            if self.writer.saves or self.health.leaves:
                self._save(epoch, step, loss)
            if self.health.leaves and epoch < self.settings.epochs:
                self.writer.flush()
                raise Straggling("this worker is much slower than the others; the checkpoint is saved")
        self.writer.flush()
        return self.model

    def _back_off(self, error: NotANumber) -> tuple[int, int, float]:
        """Go back to the last good checkpoint, or to the beginning, once, with half the learning rate.

        Raises:
            TrainingError: when that was done before.
        """
        lowered = self.settings.learning_rate * self.rate
        if self.rate < 1:
            raise beyond_repair(error, self._digest(error.at - 1), lowered) from None
        self.log.info(f"{error}; going back to the last checkpoint, with the learning rate {lowered / 2:g}")
        self.writer.flush()
        self._agree(error.at)  # the chief has written what it had before anyone reads
        self._assign(self._first)
        self.losses.clear()
        self._input.forget()  # what is no number may be of the examples on the device alone
        at = self._resume()
        self.rate = 0.5
        with self.strategy.scope():
            self.optimizer.learning_rate = self.settings.learning_rate * self.rate
        return at

    def _digest(self, at: int) -> str:
        """SHA-256 of this worker's examples of a step, counted over the run from 0."""
        epoch, number = divmod(at, self.examples.steps)
        part, step = self.examples.place(epoch, number)
        drawn, total = self.examples.draw(epoch, part), hashlib.sha256()
        for array in drawn.padded(self.examples.shape.length, TARGETS).values():
            total.update(array[drawn.splits[step] : drawn.splits[step + 1]].tobytes())
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
        note = f"loss {mean:.4f}, {self.examples.steps} steps of {self.examples.shape.batch} orders"
        self.log.info(Progress("epoch", epoch + 1, self.settings.epochs, note))
        return mean

    def _step_shape(self) -> StepShape:
        return StepShape(self.examples.shape.batch, ceil(self._share / self.settings.model.accumulate))

    @property
    def _replicas(self) -> int:
        """Replicas of this worker."""
        return max(1, int(self.strategy.num_replicas_in_sync) // self.workers)

    @property
    def _share(self) -> int:
        """Most examples of a step that a replica takes."""
        return ceil(self.examples.most_rows / self._replicas)

    def _step_function(self) -> Callable[..., Any]:
        """A part's examples, the step in it, its first and last row, the time of its beginning -> its
        statistics (``training.fit.step_stats``).

        A worker's rows are those of its shards; its replicas share them by their number.
        """
        variables, shape, share = self._objective.variables, self._step_shape(), self._share
        replicas = self._replicas

        def piece(epoch: Mapping[str, Any], step: Any, first: Any, last: Any) -> list[Any]:
            with tf.GradientTape() as tape:
                loss = self._objective.loss(epoch, step, first, last) / shape.batch
            sources = [getattr(variable, "value", variable) for variable in variables]
            gradients = tape.gradient(loss, sources, unconnected_gradients=tf.UnconnectedGradients.ZERO)
            return [loss, *(tf.convert_to_tensor(gradient) for gradient in gradients)]

        if self.settings.model.xla:
            piece = tf.function(piece, jit_compile=True)

        def on_replica(epoch: Mapping[str, Any], step: Any, first_row: Any, last_row: Any, began: Any) -> Any:
            number = tf.distribute.get_replica_context().replica_id_in_sync_group % replicas
            begin, end = (
                first_row + (last_row - first_row) * index // replicas for index in (number, number + 1)
            )
            summed: list[Any] = []
            for at in range(0, share, shape.rows):
                first = tf.minimum(begin + at, end)
                with tf.control_dependencies(summed):  # one piece after the other: that is what saves memory
                    parts = piece(epoch, step, first, tf.minimum(first + shape.rows, end))
                summed = (
                    [total + value for total, value in zip(summed, parts, strict=True)] if summed else parts
                )
            loss, *dense = summed
            stats = step_stats(loss, dense, began)
            self.optimizer.apply_gradients(zip(dense, variables, strict=True))
            return stats

        def train(epoch: Mapping[str, Any], step: Any, first: Any, last: Any, began: Any) -> Any:
            stats_of_replicas = self.strategy.run(on_replica, args=(epoch, step, first, last, began))
            return self.strategy.reduce(tf.distribute.ReduceOp.SUM, stats_of_replicas, axis=None)

        user = next(tensor.shape[-1] for tensor in self.model.inputs if tensor.name == "user")
        empty = EpochExamples.empty(user, len(self.examples.popularity) - 1)
        epoch = {
            name: tf.TensorSpec([None, *array.shape[1:]], array.dtype)
            for name, array in self._objective.arrays(empty, (0,)).items()
        }
        specs = (epoch, *[tf.TensorSpec([], tf.int32)] * 3, tf.TensorSpec([], tf.float64))
        # Traced now: binding the arguments to the signature in each call was a tenth of a short step.
        traced = tf.function(train, input_signature=specs).get_concrete_function()
        compiled: Callable[..., Any] = traced
        return compiled

    def _variables(self) -> list[Any]:
        return [*self._objective.variables, *self.optimizer.variables]

    def _save(self, epoch: int, step: int, loss: float) -> None:
        self.writer.save(Checkpoint(epoch, step, loss, tuple(self.losses), self._values(), self.rate))

    def _values(self) -> list[npt.NDArray[Any]]:
        """Copies: the next step changes the variables while a checkpoint is written."""
        return [np.array(variable) for variable in self._variables()]

    def _resume(self) -> tuple[int, int, float]:
        found = self.writer.load()
        epoch, step, loss = 0, 0, 0.0
        if found is not None:
            self._assign(found.values)
            epoch, step, loss = found.epoch, found.step, found.loss
            self.losses[:], self.rate = found.losses, found.rate
            self.log.info(f"resumed at step {self._at(epoch, step)} of {self._at(self.settings.epochs)}")
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
