"""A step is the same after it went through a log as a line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.progress import Progress
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
    said: list[str] = []
    settings = TrainingSettings(hold_back_days=3)
    arrivals, private = (BatchFolder(tmp_path / name, takes_away=True) for name in ("arrivals", "private"))
    transfer(source, Pseudonyms("ab" * 32), settings, arrivals, private, said.append)
    steps = [step for line in said if (step := Progress.of_line(line))]
    days = len(source.days())
    for stage in ("clean", "hold back", "send"):
        of_stage = [step for step in steps if step.stage == stage]
        assert [step.done for step in of_stage] == list(range(1, of_stage[0].total + 1)), stage
    assert len(steps) == 2 * days
