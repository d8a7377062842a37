"""Real studies with real processes: killed, gone on with, pruned, and written down for a pull request."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import psutil
import pytest
import yaml

from infra.settings import read
from tests.training.shops import FIRST_DAY, small_shop
from training.errors import TrainingError
from training.operations.tuning.best_file import refuse_other_file
from training.operations.tuning.ranges import Ranges, Real, Whole
from training.operations.tuning.run import for_tuning
from training.operations.tuning.study import MOST_RETRIES, Study
from training.operations.workspace import Workspace
from training.orders.source import Folder
from training.settings import TrainingSettings
from training.transfer.pseudonym import Pseudonyms
from training.transfer.run import transfer

TRIALS = 6
BASE = TrainingSettings(history_length=16, embedding_dim=8, learning_rate=0.005, hold_back_days=2)
RANGES = Ranges(
    embedding_dim=Whole(low=4, high=8),
    learning_rate=Real(low=0.00001, high=0.02, log=True),  # the lowest hardly learn, and are to be pruned
    batch_size=Whole(low=1024, high=4096, log=True),
    epochs=4,
)
COMMAND = """
import sys
from pathlib import Path
from isthmus.progress import listen
from tests.training.tuning.test_tuning import BASE, RANGES, TRIALS
from training.orders.source import Folder
from training.transfer.pseudonym import Pseudonyms
from training.operations.tuning.run import for_tuning, tune_here
source = Folder(Path(sys.argv[1]))
settings = for_tuning(BASE, source.days(), None, 2)
work, out = Path(sys.argv[2]), Path(sys.argv[3])
with listen(print):
    tune_here(source, settings, Pseudonyms("a key of the private site"), work, out, TRIALS, 2, RANGES)
"""


def _command(orders: Path, work: Path, out: Path) -> list[str]:
    return [sys.executable, "-c", COMMAND, str(orders), str(work), str(out)]


@pytest.mark.long
def test_killed_and_started_again_a_study_goes_on(tmp_path: Path) -> None:
    orders, work, out = small_shop(tmp_path / "orders"), tmp_path / "work", tmp_path / "tuned.yaml"
    command = _command(orders, work, out)
    first = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 240
    while not list(work.glob("tuning/*/studies/*/trial-*/checkpoints/*/latest.json")):
        assert first.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    children = psutil.Process(first.pid).children()
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert children
    _, left = psutil.wait_procs(children, timeout=30)
    assert not left, "a trial must not outlive the command that began it"
    assert not out.exists()

    output = subprocess.run(command, check=True, capture_output=True, text=True, timeout=400).stdout
    assert "was left running by a killed process" in output
    (arrivals,) = work.glob("tuning/*")
    settings = for_tuning(BASE, Folder(orders).days(), None, 2)
    study = Study(Workspace(arrivals), settings, RANGES)
    assert [folder.name for folder in arrivals.glob("studies/*")] == [study.name]
    rows = {row.number: row for row in study.rows()}
    lost = {number for number, row in rows.items() if row.state == "lost"}
    retried = {row.retry_of for row in rows.values() if row.retry_of is not None}
    assert lost
    assert lost == retried
    assert sum(row.state in ("complete", "pruned") for row in rows.values()) == TRIALS == study.count()
    logs = [(study.folder_of(number) / "log").read_text() for number in lost]
    assert any("resumed at step" in log for log in logs), "a retry goes on from its checkpoint"
    assert any(row.state == "pruned" and (row.epochs or 0) < RANGES.epochs for row in rows.values())
    assert not list(study.folder.glob("trial-*/checkpoints"))

    best = study.best()
    assert best is not None
    complete = [row.recall or 0.0 for row in rows.values() if row.state == "complete"]
    assert best.recall == max(complete) > 0.3
    stack = yaml.safe_load((Path(__file__).parents[2] / "infra" / "settings" / "good.yaml").read_text())
    stack["config"] |= yaml.safe_load(out.read_text())["config"]
    (tmp_path / "Pulumi.dev.yaml").write_text(yaml.safe_dump(stack))
    training = read(tmp_path / "Pulumi.dev.yaml").training
    assert training.epochs == best.epochs
    assert {name: getattr(training, name) for name in best.parameters} == best.parameters

    content = out.read_bytes()
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    assert len(Study(Workspace(arrivals), settings, RANGES).rows()) == len(rows), "the study was done"
    assert out.read_bytes() == content


def test_a_trial_that_keeps_killing_its_process_is_given_up(tmp_path: Path) -> None:
    source = Folder(small_shop(tmp_path / "orders", days=6, customers=10))
    work = Workspace(tmp_path / "work")
    settings = for_tuning(BASE, source.days(), None, 1)
    transfer(source, Pseudonyms("a key of the private site"), settings, work.arrivals, work.private)
    study = Study(work, settings, RANGES)
    study.recover()
    first = study.ask()
    assert first.settings.learning_rate == BASE.learning_rate, "the defaults are tried first"
    first.report(1, 0.5)
    assert study.recover() == [0]
    assert study.recover() == [], "what was put in the queue is not put there twice"
    for _ in range(MOST_RETRIES):
        again = study.ask()
        assert again.settings == first.settings
        assert again.folder == first.folder
        assert again.curve == {1: 0.5}
        study.recover()
    assert [row.state for row in study.rows()] == ["lost"] * MOST_RETRIES + ["fail"]
    assert study.ask().settings != first.settings
    other = Study(work, settings, RANGES.model_copy(update={"epochs": 9}))
    assert other.name != study.name, "other ranges are another study"


@pytest.mark.parametrize("before", [None, date(2011, 9, 9)])
def test_days_that_are_reported_on_are_never_tuned_on(tmp_path: Path, before: date | None) -> None:
    days = Folder(small_shop(tmp_path / "orders", customers=2)).days()
    settings = for_tuning(BASE, days, before, None)
    reported = before or date(2011, 9, 11)  # `isthmus train` holds back the last two of twelve
    assert settings.window.last_day is not None
    assert settings.window.last_day < reported
    assert settings.hold_back_days == 2, "a quarter of ten days, and of eight"
    with pytest.raises(TrainingError, match="name a later day"):
        for_tuning(BASE, days, FIRST_DAY, None)


def test_a_file_of_somebody_else_is_not_written_over(tmp_path: Path) -> None:
    stack = tmp_path / "Pulumi.dev.yaml"
    stack.write_text("config: {}\n")
    with pytest.raises(TrainingError, match="name another file"):
        refuse_other_file(stack)
