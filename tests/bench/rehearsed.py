"""A rehearsal measured: its first up, an up without changes, its answers, down and up again."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from rehearsal import sandbox
from tests.bench import answers, warm_up
from tests.bench.measure import Memory, Row, seconds
from tests.bench.sections import Section

PARTS = frozenset({Section.UP, Section.WARM, Section.ANSWERS, Section.DOWN})
"""What is measured on one estate; all of them need its first up."""


def rows(chosen: Collection[Section], short: bool, say: Callable[[str], None]) -> Iterator[Row]:
    """Rows of the chosen parts, and of the first up; none when no part is chosen.

    Args:
        chosen: sections; those that are no part of a rehearsal are left alone.
        short: few rounds, few questions.
        say: takes a heading (of Rich) as each part begins.
    """
    if PARTS.isdisjoint(chosen):
        return
    rounds, questions = (2, 200) if short else (7, 2000)
    with (
        tempfile.TemporaryDirectory(prefix="isthmus-bench-") as folder,
        sandbox.estate(Path(folder)) as estate,
    ):
        with Memory(estate.home) as memory:
            say("[bold]first up[/], from nothing: both sites, training, Triton")
            estate.seed_orders()
            first = seconds(estate.up)
        yield "first up, training on the sample included", f"{first:.1f} s", ""
        yield "memory of all processes, peak", f"{memory.peak_gib:.2f} GiB", "at most 6 GiB"
        if Section.WARM in chosen:
            say(f"[bold]warm up[/] without changes, {rounds} rounds beside a flat program")
            resources, ours, floor = warm_up.compare(estate, rounds)
            yield f"up without changes, {resources} resources", f"{ours} s", ""
            yield "the same as a flat program", f"{floor} s", ""
            yield "ratio of the medians", f"{ours.median / floor.median:.2f}", "at most 1.2"
        if Section.ANSWERS in chosen:
            say(f"[bold]answers[/], {questions} questions")
            for at_once in (1, 8):
                p50, p95, rate = answers.latencies(estate, questions, at_once)
                measured = f"p50 {p50:.1f} ms, p95 {p95:.1f} ms, {rate:.0f} a second"
                yield f"an answer, {at_once} at once", measured, ""
        if Section.DOWN in chosen:
            say("[bold]down, and up again[/]")
            yield "destroy", f"{seconds(estate.destroy):.1f} s", ""
            yield "up again, training included", f"{seconds(estate.up):.1f} s", "at most 90 s"
