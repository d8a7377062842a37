"""``python -m tests.bench [--short]``: every benchmark in one run, on its own ground."""

from __future__ import annotations

import os
import platform
import tempfile
from pathlib import Path
from typing import Annotated

import psutil
import typer
from rich.console import Console
from rich.table import Table

from rehearsal import ground
from tests.bench import answers, transfer, warm_up, workers
from tests.bench.measure import Memory, seconds

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(short: Annotated[bool, typer.Option("--short", help="Few rounds of each.")] = False) -> None:
    """Measure a rehearsal: its stages, the engine's overhead, the answers, the memory."""
    rounds, questions = (2, 200) if short else (7, 2000)
    console = Console(highlight=False, soft_wrap=True)
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("Measured", "Result", "Bar"):
        table.add_column(title, overflow="fold")
    with (
        tempfile.TemporaryDirectory(prefix="isthmus-bench-") as folder,
        ground.estate(Path(folder)) as estate,
    ):
        with Memory(estate.home) as memory:
            console.print("[bold]first up[/], from nothing: both shores, training, Triton")
            estate.furnish()
            first = seconds(estate.up)
        table.add_row("first up, training on the sample included", f"{first:.1f} s", "")
        table.add_row("memory of all processes, peak", f"{memory.peak_gib:.2f} GiB", "at most 6 GiB")
        console.print(f"[bold]warm up[/] without changes, {rounds} rounds beside a bare program")
        resources, ours, bare = warm_up.compare(estate, rounds)
        table.add_row(f"up without changes, {resources} resources", f"{ours} s", "")
        table.add_row("the same number of bare resources", f"{bare} s", "")
        table.add_row("ratio of the medians", f"{ours.median / bare.median:.2f}", "at most 1.2")
        console.print(f"[bold]answers[/], {questions} questions")
        for at_once in (1, 8):
            p50, p95, rate = answers.latencies(estate, questions, at_once)
            table.add_row(
                f"an answer, {at_once} at once",
                f"p50 {p50:.1f} ms, p95 {p95:.1f} ms, {rate:.0f} a second",
                "",
            )
        console.print("[bold]down, and up again[/]")
        down = seconds(estate.destroy)
        table.add_row("destroy", f"{down:.1f} s", "")
        table.add_row("up again, training included", f"{seconds(estate.up):.1f} s", "at most 90 s")
    mebibytes, uploads = (64, 1) if short else (1024, 5)
    console.print(f"[bold]transfer[/], {uploads} uploads of {mebibytes} MiB by each tool")
    for row in transfer.rows(mebibytes, uploads):
        table.add_row(*row)
    console.print(f"[bold]workers[/], two beside one, {1 if short else 3} rounds")
    for row in workers.rows(1 if short else 3):
        table.add_row(*row)
    console.print(table)
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    console.print(
        f"{platform.processor() or platform.machine()}, {psutil.cpu_count()} cores, "
        f"{psutil.virtual_memory().total / 2**30:.0f} GiB, load {load}",
        style="dim",
    )


if __name__ == "__main__":
    app()
