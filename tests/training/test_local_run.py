"""Whole runs in real processes: the model learns, and a killed worker changes nothing but the time."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.training.held import Hold
from tests.training.shops import SAMPLE, small_shop
from training.jobs.local.run import Trained, train_here
from training.operations.workspace import Workspace
from training.orders.source import Folder
from training.release import new_key, public_key, read_report, read_signature, verify, verify_signature
from training.settings import TrainingSettings
from training.transfer.pseudonym import Pseudonyms
from training.validation.baselines import POPULAR
from training.validation.holdout import ALL, MODEL, NEW

PSEUDONYMS = Pseudonyms("a key of the private site")


class Killer:
    """Sends a worker a signal once, while all are held at a checkpoint; lets go when it has started again.

    Args:
        hold: of the workers.
        work: folder of ``training.operations.workspace.Work``.
        worker: its index.
        sent: the signal.
        runs: that are to have a checkpoint by then.
    """

    def __init__(self, hold: Hold, work: Path, worker: int, sent: signal.Signals, runs: int = 1) -> None:
        self.hold, self.checkpoints = hold, work / "checkpoints"
        self.worker, self.sent, self.runs = worker, sent, runs
        self.killed: list[int] = []
        hold.hold()

    def __call__(self, running: dict[int, subprocess.Popen[bytes]]) -> None:
        if self.worker not in running:
            return
        pid = running[self.worker].pid
        if self.killed and pid not in self.killed:
            self.hold.let_go()
        elif not self.killed and len(list(self.checkpoints.glob("*/latest.json"))) >= self.runs:
            running[self.worker].send_signal(self.sent)
            self.killed.append(pid)


def _train(
    folder: Path, work: Path, out: Path, settings: TrainingSettings, killer: Killer | None = None
) -> Trained:
    return train_here(
        Folder(folder),
        settings,
        PSEUDONYMS,
        work,
        out,
        poll=killer if killer is not None else lambda _: None,
    )


@pytest.mark.long
def test_two_workers_one_killed_end_where_one_preempted_ends(
    log_lines: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = small_shop(tmp_path / "orders")
    settings = TrainingSettings(
        hold_back_days=2, epochs=8, learning_rate=0.005, embedding_dim=8, history_length=16
    )
    probe = settings.model_copy(update={"workers": 2})
    work = Workspace.of(Folder(shop).url, tmp_path / "work")
    hold = Hold(tmp_path, monkeypatch)
    killer = Killer(hold, work.folder, 1, signal.SIGKILL)
    trained = _train(shop, tmp_path / "work", tmp_path / "two", probe, killer)
    assert len(killer.killed) == 1
    assert any("resumed at step" in line for line in log_lines)
    assert any("worker 0 ended with code 75" in line for line in log_lines)
    batch = work.training_data(probe).examples.shape.batch
    assert batch == work.training_data(settings).examples.shape.batch, "the comparison needs equal steps"
    preempter = Killer(hold, work.folder, 0, signal.SIGTERM, runs=2)
    log_lines.clear()
    _train(shop, tmp_path / "work", tmp_path / "one", settings, preempter)
    assert any("worker 0 ended with code 76" in line for line in log_lines)
    preempted, killed = (read_report(tmp_path / name)["losses"] for name in ("one", "two"))
    assert len(preempted) == len(killed) == 8
    np.testing.assert_allclose(killed, preempted, rtol=2e-3)
    assert killed[-1] < killed[0]
    assert trained.table is not None
    assert trained.table[MODEL][NEW].recall > trained.table[POPULAR][NEW].recall


def test_model_beats_the_popular_list_on_the_sample(tmp_path: Path) -> None:
    settings = TrainingSettings()
    key = new_key()
    trained = train_here(Folder(SAMPLE), settings, PSEUDONYMS, tmp_path / "work", tmp_path / "release", key)
    assert trained.table is not None
    model, popular = trained.table[MODEL][ALL], trained.table[POPULAR][ALL]
    assert model.customers > 80
    assert model.recall > 2 * popular.recall
    manifest = verify(tmp_path / "release", trained.digest)
    assert manifest.model.max_abs_difference < manifest.model.tolerance
    verify_signature(read_signature(tmp_path / "release"), trained.digest, [public_key(key)])
    again = train_here(Folder(SAMPLE), settings, PSEUDONYMS, tmp_path / "work", tmp_path / "release")
    assert again.unchanged
    assert again.digest == trained.digest


@pytest.mark.parametrize(
    ("before", "held_back", "last"),
    [("2011-09-05", 8, "2011-09-12"), ("2011-09-12", 1, "2011-09-12"), ("2011-10-01", 0, "2011-09-30")],
)
def test_before_splits_at_the_day(tmp_path: Path, before: str, held_back: int, last: str) -> None:
    from datetime import date

    from training.jobs.local.run import before as split

    days = Folder(small_shop(tmp_path / "orders", customers=2)).days()
    settings = split(TrainingSettings(), date.fromisoformat(before), days)
    assert settings.hold_back_days == held_back
    assert str(settings.window.last_day) == last
