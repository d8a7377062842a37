"""Our training loop beside the plain Keras `fit` of the same model on the same examples.

Both train the default model of `isthmus train` by Adam, with the same loss and the same batch, on the
sample's examples; each in a process of its own, in turns. Keras is written the way a person would: arrays of
all examples, `compile`, `fit`, its defaults (threads, XLA when Keras thinks so). It gets arrays that are
ready; our loop draws its examples anew for each epoch, and that is in its time.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.training.shops import SAMPLE
from training.features.examples import TARGETS
from training.features.training_data import TrainingData
from training.operations.workspace import Workspace
from training.orders.source import Folder
from training.settings import TrainingSettings
from training.transfer.pseudonym import Pseudonyms
from training.transfer.run import transfer

MODULE = "tests.bench.training_speed"
BAR = 2.0
EPOCHS = 8
"""Of one round."""
SIDES = ("keras", "keras_xla", "ours")


@dataclass(frozen=True)
class Speeds:
    """Of each side, examples a second by the wall clock, and seconds of CPU for a thousand examples."""

    wall: dict[str, list[float]]
    cpu: dict[str, list[float]]
    profile: list[tuple[str, float, float]]
    """Part of a step, milliseconds of CPU of Keras and of ours."""

    def ratio(self, side: str = "keras") -> float:
        """Our examples a second by those of a side, by the medians."""
        return statistics.median(self.wall["ours"]) / statistics.median(self.wall[side])

    def cpu_ratio(self, side: str = "keras") -> float:
        """The same by seconds of CPU, which do not depend on what else runs."""
        return statistics.median(self.cpu[side]) / statistics.median(self.cpu["ours"])


def measure(rounds: int, say: Callable[[str], None] = lambda _: None) -> Speeds:
    """All sides by turns, ``rounds`` times; then the profile."""
    wall: dict[str, list[float]] = {side: [] for side in SIDES}
    cpu: dict[str, list[float]] = {side: [] for side in SIDES}
    with tempfile.TemporaryDirectory(prefix="isthmus-bench-") as folder, ExitStack() as stack:
        sides = {side: stack.enter_context(_process(side, folder)) for side in SIDES}
        for process in sides.values():
            _measured(process)  # warm
        for number in range(rounds):
            for side, process in sides.items():
                _ask(process)
                seconds, busy, examples = _measured(process)
                wall[side].append(examples / seconds)
                cpu[side].append(1000 * busy / examples)
                say(f"round {number + 1}: {side} {wall[side][-1]:.0f} examples/s")
        for process in sides.values():
            process.kill()
        ran = subprocess.run(
            [sys.executable, "-m", MODULE, "profile", folder], capture_output=True, text=True, check=True
        )
    return Speeds(wall, cpu, json.loads(ran.stdout.splitlines()[-1]))


def _process(side: str, folder: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", MODULE, side, folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def _ask(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def _measured(process: subprocess.Popen[str]) -> tuple[float, float, int]:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("{"):
            measured = json.loads(line)
            return measured["seconds"], measured["cpu"], measured["examples"]
    raise RuntimeError("a side of the benchmark ended early")


def _rounds(examples: int) -> Iterator[None]:
    """Yields at the beginning of each round, when it is asked for; tells of the one before."""
    while True:
        began, busy = time.perf_counter(), time.process_time()
        yield
        measured = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - busy}
        print(json.dumps({**measured, "examples": examples}), flush=True)
        if not sys.stdin.readline():
            return


def _training_data(folder: str, epochs: int) -> TrainingData:
    settings = TrainingSettings(epochs=epochs)
    source = Folder(SAMPLE)
    work = Workspace.of(source.url, Path(tempfile.mkdtemp(dir=folder)))
    pseudonyms = Pseudonyms("the key of a benchmark")
    transfer(source, pseudonyms, settings, work.arrivals, work.private)
    return work.training_data(settings)


def _model(data: TrainingData) -> Any:
    from training.model.two_tower import Sizes, build

    settings = data.settings
    sizes = Sizes(len(data.catalogue), settings.embedding_dim, settings.history_length)
    return build(sizes, data.catalogue.features())


def _arrays(data: TrainingData) -> tuple[dict[str, Any], Any, Any]:
    """What `fit` takes: inputs, what is revealed and wanted side by side, weights of the examples."""
    drawn, count = data.examples.draw(0), len(data.examples)
    arrays = drawn.padded(data.settings.history_length, TARGETS)
    inputs = {name: arrays[name][:count] for name in ("history", "weights", "user")}
    wanted = np.concatenate([arrays["revealed"], arrays["targets"]], axis=1)[:count]
    return inputs, wanted, arrays["weight"][:count]


def _compiled(data: TrainingData, xla: bool | str) -> Any:
    import keras
    import tensorflow as tf

    from training.model.padded import basket_loss

    length = data.settings.history_length

    def loss(wanted: Any, scores: Any) -> Any:
        numbers = tf.cast(wanted, tf.int32)
        example = {"revealed": numbers[:, :length], "targets": numbers[:, length:]}
        return basket_loss(scores, {**example, "weight": tf.ones(tf.shape(scores)[0])})

    model = _model(data)
    model.compile(keras.optimizers.Adam(data.settings.learning_rate), loss, jit_compile=xla)
    return model


def _keras(folder: str, xla: bool | str) -> None:
    data = _training_data(folder, 1)
    model, (inputs, wanted, weight) = _compiled(data, xla), _arrays(data)
    for _ in _rounds(EPOCHS * len(data.examples)):
        model.fit(
            inputs,
            wanted,
            sample_weight=weight,
            batch_size=data.examples.shape.batch,
            epochs=EPOCHS,
            verbose=0,
        )


def _fit(data: TrainingData, folder: str, after_epoch: Callable[[Any], None]) -> Any:
    from training.fit.checkpoint import CheckpointStore, FolderObjects
    from training.fit.checkpoint_writer import CheckpointWriter
    from training.fit.cluster import ALONE, strategy_of
    from training.fit.loop import Fit

    return Fit(
        strategy=strategy_of(ALONE, data.settings.seed),
        make_model=lambda: _model(data),
        examples=data.examples,
        settings=data.settings,
        writer=CheckpointWriter(CheckpointStore(FolderObjects(Path(folder)), "run"), saves=False),
        after_epoch=after_epoch,
    )


def _ours(folder: str) -> None:
    from training.fit.cluster import ALONE, prepare

    prepare(os.environ, ALONE)
    data = _training_data(folder, 1000)
    rounds = _rounds(EPOCHS * len(data.examples))
    next(rounds)

    def ended(epoch: Any) -> None:
        if epoch.number % EPOCHS == 0 and next(rounds, "over") == "over":
            os._exit(0)

    _fit(data, folder, ended).run()


def _profile(folder: str) -> list[tuple[str, float, float]]:
    """Milliseconds of CPU of a step's parts: what takes nothing else in, then what each adds."""
    from training.fit.cluster import ALONE, prepare

    prepare(os.environ, ALONE)
    import tensorflow as tf

    data = _training_data(folder, 1)
    ours = _fit(data, folder, lambda _: None)
    ours.run()
    batch, steps = data.examples.shape.batch, data.examples.steps
    plain, (inputs, wanted, weight) = _compiled(data, False), _arrays(data)

    def some(step: int) -> tuple[Any, Any, Any]:
        rows = slice(step * batch, (step + 1) * batch)
        of_step = {name: tf.constant(array[rows]) for name, array in inputs.items()}
        return of_step, tf.constant(wanted[rows]), tf.constant(weight[rows])

    def plain_loss(x: Any, y: Any, w: Any) -> Any:
        return plain.compute_loss(x, y, plain(x, training=True), w)

    def plain_gradients(x: Any, y: Any, w: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = plain_loss(x, y, w)
        return tape.gradient(loss, [variable.value for variable in plain.trainable_variables])

    def plain_step(x: Any, y: Any, w: Any) -> Any:
        plain.optimizer.apply_gradients(zip(plain_gradients(x, y, w), plain.trainable_variables, strict=True))
        return tf.constant(0)

    arrays, splits = ours._input.draw(0, 0)
    examples = {name: tf.constant(array) for name, array in arrays.items()}
    starts = tf.constant(splits, tf.int32)

    def our_loss(step: Any) -> Any:
        return ours._objective.loss(examples, step, starts[step], starts[step + 1])

    def our_gradients(step: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = our_loss(step)
        return tape.gradient(loss, [variable.value for variable in ours.model.trainable_variables])

    def our_step(step: Any) -> Any:
        ours.optimizer.apply_gradients(zip(our_gradients(step), ours.model.trainable_variables, strict=True))
        return tf.constant(0)

    def timed(work: Callable[..., Any], arguments_of: Callable[[int], tuple[Any, ...]]) -> float:
        compiled = tf.function(work)
        compiled(*arguments_of(0))
        times = []
        for number in range(4 * steps):
            arguments = arguments_of(number % steps)
            began = time.process_time()
            tf.nest.map_structure(
                lambda result: result is None or result.numpy(), _dense(compiled(*arguments))
            )
            times.append(1000 * (time.process_time() - began))
        return statistics.median(times)

    def input_ms(work: Callable[[int], object], times: int = 10) -> float:
        began = time.process_time()
        for number in range(times):
            work(number % steps)
        return 1000 * (time.process_time() - began) / times

    number: Callable[[int], tuple[Any, ...]] = lambda step: (tf.constant(step),)  # noqa: E731
    keras_parts = [
        input_ms(some),
        *(timed(function, some) for function in (plain_loss, plain_gradients, plain_step)),
    ]
    our_parts = [
        input_ms(lambda step: ours._input.draw(step, 0)) / steps,
        *(timed(function, number) for function in (our_loss, our_gradients, our_step)),
    ]
    names = ("input", "forward and loss", "backward", "update (Adam)")
    rows = []
    for place, name in enumerate(names):
        before = place if place > 1 else 0
        rows.append(
            (
                name,
                keras_parts[place] - (keras_parts[place - 1] if before else 0),
                our_parts[place] - (our_parts[place - 1] if before else 0),
            )
        )
    return rows


def _dense(value: Any) -> Any:
    import tensorflow as tf

    return tf.nest.map_structure(tf.convert_to_tensor, value)


def table(speeds: Speeds) -> list[tuple[str, str, str]]:
    """Rows of what was measured, the result, and the bar."""
    rows = [
        (
            f"training, {name}",
            f"{statistics.median(speeds.wall[side]):.0f} examples/s, "
            f"{statistics.median(speeds.cpu[side]):.3f} s of CPU a thousand",
            "",
        )
        for side, name in zip(SIDES, ("Keras fit", "Keras fit, jit_compile=True", "our loop"), strict=True)
    ]
    rows.append(
        (
            "our loop beside Keras fit",
            f"{speeds.ratio():.2f} times the examples/s ({speeds.cpu_ratio():.2f} by CPU; "
            f"with jit_compile=True {speeds.ratio('keras_xla'):.2f} and {speeds.cpu_ratio('keras_xla'):.2f})",
            f"at least {BAR:.0f}",
        )
    )
    rows += [
        (f"a step's {name}", f"Keras {theirs:.1f} ms of CPU, ours {ours:.1f} ms", "")
        for name, theirs, ours in speeds.profile
    ]
    return rows


if __name__ == "__main__":
    side, folder = (*sys.argv[1:], "", "")[:2]
    if side == "profile":
        print(json.dumps(_profile(folder)))
    elif side == "ours":
        _ours(folder)
    elif side in SIDES:
        _keras(folder, True if side == "keras_xla" else "auto")
    else:
        for row in table(measure(3 if side == "--short" else 7, print)):
            print(*row, sep="  ")
