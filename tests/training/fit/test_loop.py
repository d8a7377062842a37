"""One worker: it goes on at the step where it stopped, and comes back from a loss that is no number."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.training.shops import small_shop
from training.errors import TrainingError
from training.features.epoch_examples import EpochExamples
from training.features.examples import Examples
from training.features.shards import make_shards
from training.features.training_data import TrainingData
from training.fit.checkpoint import CheckpointStore, FolderObjects
from training.fit.checkpoint_writer import CheckpointWriter
from training.fit.cluster import ALONE, prepare
from training.operations.workspace import Workspace
from training.orders.source import Folder
from training.settings import TrainingSettings
from training.tables.engine import EMBEDDED
from training.transfer.pseudonym import Pseudonyms
from training.transfer.run import transfer

SETTINGS = TrainingSettings(
    hold_back_days=0, epochs=2, batch_size=512, embedding_dim=4, history_length=8, checkpoint_steps=2
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> TrainingData:
    folder = tmp_path_factory.mktemp("shop")
    source = Folder(small_shop(folder / "orders"))
    work = Workspace.of(source.url, folder / "work")
    transfer(source, Pseudonyms("a key of the private site"), SETTINGS, work.arrivals, work.private)
    return work.training_data(SETTINGS)


Fit = Callable[..., tuple[list[float], list[str]]]


@pytest.fixture
def fit(data: TrainingData, tmp_path: Path, log_lines: list[str]) -> Fit:
    """Trains with checkpoints in a folder of the test; returns the losses and what was said."""
    prepare(os.environ, ALONE)
    from training.fit import loop
    from training.fit.cluster import strategy_of
    from training.model.two_tower import Sizes, build

    def run(name: str = "run", **more: Any) -> tuple[list[float], list[str]]:
        log_lines.clear()
        trainer = loop.Fit(
            strategy=strategy_of(ALONE, SETTINGS.seed),
            make_model=lambda: build(Sizes(len(data.catalogue), 4, 8), data.catalogue.features()),
            settings=SETTINGS,
            writer=CheckpointWriter(CheckpointStore(FolderObjects(tmp_path), name), every_steps=2),
            **{"examples": data.examples, **more},
        )
        trainer.run()
        return trainer.losses, [*log_lines]

    return run


def test_it_goes_on_at_the_very_step_and_ends_with_the_same_losses(data: TrainingData, fit: Fit) -> None:
    from training.fit.loop import Preempted

    steps = data.examples.steps
    assert steps > 4
    asked = iter([False] * (steps + 3) + [True])
    with pytest.raises(Preempted):
        fit("stopped", stop=lambda: next(asked))

    class Killed(Exception):
        pass

    done = iter(range(100))

    def kill() -> None:
        if next(done) == 1:
            raise Killed

    with pytest.raises(Killed):
        fit("killed", alive=kill)
    plain, _ = fit("plain")
    stopped, lines = fit("stopped")
    assert f"resumed at step {steps + 3} of {2 * steps}" in lines
    assert stopped == plain
    killed, lines = fit("killed")
    assert killed == plain


def test_an_epoch_in_parts_goes_on_in_the_part_where_it_stopped(
    data: TrainingData, fit: Fit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from training.fit.epoch_input import EpochInput
    from training.fit.loop import Preempted

    work = Workspace(data.shards.folder.parents[1])
    files = [work.arrivals.batch_file(entry, tmp_path) for entry in data.manifest.batches]
    made = make_shards(EMBEDDED, files, tmp_path / "shards", 64, most_known=3_000)
    examples = replace(data, shards=made).examples
    assert made.parts > 2
    steps, drawn = examples.steps, list[tuple[int, int]]()
    assert steps > data.examples.steps
    draw = EpochInput.draw

    def seen(self: EpochInput, epoch: int, part: int) -> Any:
        drawn.append((epoch, part))
        return draw(self, epoch, part)

    monkeypatch.setattr(EpochInput, "draw", seen)
    plain, _ = fit("plain", examples=examples)
    assert sorted(drawn) == [(epoch, part) for epoch in range(2) for part in range(made.parts)]
    drawn.clear()
    asked = iter([False] * (steps + 3) + [True])
    with pytest.raises(Preempted):
        fit("stopped", examples=examples, stop=lambda: next(asked))
    drawn.clear()
    stopped, _ = fit("stopped", examples=examples)
    assert stopped == plain
    assert all(epoch == 1 for epoch, _ in drawn), "what was done is not drawn again"


class Poisoned(Examples):
    """Examples of which those of one step have no number in them, for the first ``times`` epochs drawn."""

    def __init__(self, real: Examples, step: int, times: int) -> None:
        self.__dict__.update(real.__dict__)
        self.bad, self.times = step, times

    def draw(self, epoch: int, part: int = 0, ordered: bool = True) -> EpochExamples:
        drawn = super().draw(epoch, part, ordered)
        if self.times > 0:
            self.times -= 1
            weight = np.array(drawn.weight)
            weight[slice(*drawn.splits[self.bad : self.bad + 2])] = np.nan
            drawn = replace(drawn, weight=weight)
        return drawn


def test_a_loss_that_is_none_goes_back_once_with_half_the_learning_rate(data: TrainingData, fit: Fit) -> None:
    losses, lines = fit(examples=Poisoned(data.examples, step=3, times=1))
    assert (
        f"the loss of step 4 is no number; going back to the last checkpoint, with the learning rate {0.001}"
        in lines
    )
    assert any(line.startswith("resumed at step 2 of") for line in lines), lines
    assert len(losses) == 2
    assert np.isfinite(losses).all()


def test_a_batch_that_is_bad_again_is_named_with_its_step_and_digest(data: TrainingData, fit: Fit) -> None:
    with pytest.raises(TrainingError, match=r"step 1 is no number.*SHA-256 [0-9a-f]{16}"):
        fit(examples=Poisoned(data.examples, step=0, times=9))
