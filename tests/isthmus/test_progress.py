"""A step is the same after it went through a log as a line."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.progress import Progress, listen
from tests.training.ranking.test_stage import write_shop
from training.orders.source import Folder
from training.settings import TrainingSettings
from training.transfer.folder import BatchFolder
from training.transfer.pseudonym import Pseudonyms
from training.transfer.run import transfer

STAGES = st.from_regex(r"[a-z]+( [a-z]+)?", fullmatch=True)
NOTES = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]))


@given(st.builds(Progress, STAGES, st.integers(0, 10**6), st.integers(0, 10**6), NOTES))
def test_a_line_tells_what_was_said(step: Progress) -> None:
    assert Progress.of_line(str(step)) == step
    assert Progress.of_line(f"worker 3: {step}") == step


@pytest.mark.parametrize(
    "line", ["pre-training: epoch 1/3: loss 2.0", "saved at step 5 of 10", "", "isthmus: epoch 1/3: no"]
)
def test_other_lines_are_no_step(line: str) -> None:
    assert Progress.of_line(line) is None


def test_a_transfer_tells_each_day_of_each_stage(tmp_path: Path) -> None:
    source = Folder(write_shop(tmp_path / "orders", 12))
    steps: list[Progress] = []
    settings = TrainingSettings(hold_back_days=3)
    arrivals, private = (BatchFolder(tmp_path / name, takes_away=True) for name in ("arrivals", "private"))
    with listen(lambda event: steps.append(event) if isinstance(event, Progress) else None):
        transfer(source, Pseudonyms("ab" * 32), settings, arrivals, private)
    days = len(source.days())
    for stage in ("clean", "hold back", "send"):
        of_stage = [step for step in steps if step.stage == stage]
        assert [step.done for step in of_stage] == list(range(1, of_stage[0].total + 1)), stage
    assert len(steps) == 2 * days


def test_who_listens_hears_its_modules_and_no_longer_than_it_asked() -> None:
    heard: list[Progress | str] = []
    step = Progress("send", 1, 2, "100% of it")
    with listen(heard.append, "training.transfer"):
        for name in ("training.transfer.run", "training.fit.loop", "botocore"):
            logging.getLogger(name).info(step)
            logging.getLogger(name).info("100% of it")
            logging.getLogger(name).debug("for nobody")
    logging.getLogger("training.transfer.run").warning("too late")
    assert heard == [step, "100% of it"]


def test_a_job_prints_its_log_and_a_worker_says_which_it_is(capfd: pytest.CaptureFixture[str]) -> None:
    """As a process: the job's own module is ``__main__`` there, and TensorFlow has its own ways with logs."""
    job = """
import logging
import sys
import tensorflow
from isthmus.progress import Progress
from training.job_runtime import begin_lines_with, run_job
def job(environment):
    logging.getLogger(__name__).info("begun")
    begin_lines_with("worker 1: ")
    logging.getLogger("training.fit.loop").info(Progress("epoch", 1, 2, "loss 0.1"))
    begin_lines_with("")
    logging.getLogger("training.fit.loop").info("done")
    return 76
run_job(job)
"""
    assert subprocess.run([sys.executable, "-c", job], check=False).returncode == 76
    assert capfd.readouterr().out.splitlines() == ["begun", "worker 1: epoch 1/2: loss 0.1", "done"]
