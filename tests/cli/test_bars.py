"""Bars of long commands: moving on a terminal, whole lines in a pipe."""

from __future__ import annotations

import io
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from isthmus.cli import bars
from isthmus.cli.bars import Bars


@given(st.lists(st.sampled_from(["clean", "days", "train"]), min_size=1, max_size=5, unique=True), st.data())
def test_a_pipe_gets_whole_lines_and_the_end_of_every_stage(stages: list[str], data: st.DataObject) -> None:
    file = io.StringIO()
    expected: list[str] = []
    with Bars("left", Console(file=file, width=40, soft_wrap=True)) as shown:
        for stage in stages:
            total = data.draw(st.integers(1, 30))
            for done in range(1, total + 1):
                shown.move(stage, done, total, f"2011-09-{done:02d}")
                shown.left(1_000)
            expected.append(f"{stage}: {total} of {total}, 2011-09-{total:02d}")
            shown.say(f"a line that stays, as long as lines are, after {stage}")
            expected.append(f"a line that stays, as long as lines are, after {stage}")
    assert file.getvalue().splitlines() == expected, "nothing between them, and no bar"


def test_a_long_stage_says_now_and_then_that_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, file = [0.0], io.StringIO()
    monkeypatch.setattr(bars, "_now", lambda: clock[0])
    with Bars(console=Console(file=file, soft_wrap=True)) as shown:
        for done in range(1, 100):
            clock[0] += 1
            shown.move("train", done, 1_000)
    steps = [int(line.split()[1]) for line in file.getvalue().splitlines()]
    assert steps
    assert all(later - earlier >= 15 for earlier, later in pairwise([0, *steps]))


def test_a_terminal_gets_bars() -> None:
    file = io.StringIO()
    with Bars("left", Console(file=file, force_terminal=True, width=100)) as shown:
        shown.move("days", 1, 2, "2011-09-01 sent")
        shown.left(5_000)
        shown.move("days", 2, 2, "2011-09-02 sent")
    assert "━" in file.getvalue()
    assert "5.0" in file.getvalue()
