"""``python -m tests.bench [--short] [--only SECTION]...``: the benchmarks in one run, in a sandbox."""

from __future__ import annotations

import os
import platform
import signal
import sys
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Annotated

import psutil
import typer
from rich.console import Console
from rich.table import Table

from tests.bench import (
    control_planes,
    growth,
    previews,
    rehearsed,
    retrieval,
    reviews,
    serving_speed,
    training_speed,
    transfer,
    workers,
)
from tests.bench.measure import Row
from tests.bench.sections import LONG, Section

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    short: Annotated[bool, typer.Option("--short", help="Few rounds of each.")] = False,
    only: Annotated[
        list[Section] | None,
        typer.Option(help="Only this; may be named again for others. Warm, answers and down begin with up."),
    ] = None,
    release: Annotated[
        Path | None,
        typer.Option(
            help="A release, for the sections serving (with a ranking stage) and retrieval, which need it."
        ),
    ] = None,
) -> None:
    """Measure a rehearsal (stages, overhead, answers, memory), control planes, transfer, serving and more."""
    # As by Ctrl-C: what a benchmark has started ends with it.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    console = Console(highlight=False, soft_wrap=True)
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("Measured", "Result", "Bar"):
        table.add_column(title, overflow="fold")
    every = [section for section in Section if not (short and section in LONG)]
    for row in rows(only or every, short, console.print, release):
        table.add_row(*row)
    console.print(table)
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    console.print(
        f"{platform.processor() or platform.machine()}, {psutil.cpu_count()} cores, "
        f"{psutil.virtual_memory().total / 2**30:.0f} GiB, load {load}",
        style="dim",
    )


def rows(
    chosen: Collection[Section], short: bool, say: Callable[[str], None], release: Path | None = None
) -> Iterator[Row]:
    """Rows of the chosen sections, in their own order; ``say`` takes a heading as each begins."""
    yield from rehearsed.rows(chosen, short, say)
    if Section.PREVIEW in chosen:
        yield from previews.rows(3 if short else 7, say)
    if Section.REVIEW in chosen:
        yield from reviews.rows(1 if short else 3, say)
    if Section.CONTROL_PLANES in chosen:
        rounds = 2 if short else 7
        say(f"[bold]control planes[/], both sites from nothing, {rounds} rounds")
        yield from control_planes.rows(rounds)
    if Section.TRANSFER in chosen:
        mebibytes, uploads = (64, 1) if short else (1024, 5)
        say(f"[bold]transfer[/], {uploads} uploads of {mebibytes} MiB by each tool")
        yield from transfer.rows(mebibytes, uploads)
    if Section.SERVING in chosen and release is None:
        say("[bold]serving[/] is left out: name a release with a ranking stage, --release DIRECTORY")
    elif Section.SERVING in chosen and release is not None:
        rounds, seconds = (1, 2.0) if short else (3, 3.0)
        say(f"[bold]serving[/] {release}, the chain beside what it was, {rounds} rounds of {seconds:g} s")
        yield from serving_speed.rows(release, rounds, seconds)
    if Section.RETRIEVAL in chosen and release is None:
        say("[bold]retrieval[/] is left out: name a release, --release DIRECTORY")
    elif Section.RETRIEVAL in chosen and release is not None:
        say(f"[bold]retrieval[/] made catalogues from {release}, an index beside all scored")
        yield from retrieval.rows(release, short, say)
    if Section.WORKERS in chosen:
        rounds = 1 if short else 3
        say(f"[bold]workers[/], two beside one, {rounds} rounds")
        yield from workers.rows(rounds)
    if Section.TRAINING in chosen:
        rounds = 2 if short else 7
        say(f"[bold]training[/], our loop beside Keras fit, {rounds} rounds")
        yield from training_speed.table(training_speed.measure(rounds))
    if Section.GROWTH in chosen:
        say("[bold]growth[/], whole trainings on the sample several times over, and on a made shop")
        yield from growth.rows(short, say)


if __name__ == "__main__":
    app()
