"""``python -m rehearsal.drills [--short] [NAME...]``: play the drills, one table at the end."""

from __future__ import annotations

import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rehearsal import sandbox
from rehearsal.drills import (
    destroyed,
    killed_engine,
    killed_pods,
    killed_transfer,
    killed_tuning,
    killed_workers,
    lost_moto,
    trained_again,
    worse_model,
)
from rehearsal.drills.canary import play as canary
from rehearsal.drills.drill import Drill, DrillFailed
from rehearsal.drills.link import play as link
from rehearsal.drills.load import play as load
from rehearsal.engine.errors import EngineError
from rehearsal.estate import Estate
from rehearsal.home import Home, project_root

DRILLS = [
    killed_engine.DRILL,
    killed_pods.DRILL,
    killed_workers.DRILL,
    lost_moto.DRILL,
    destroyed.DRILL,
    worse_model.DRILL,
    killed_transfer.DRILL,
    killed_tuning.DRILL,
    trained_again.DRILL,
    link.DRILL,
    load.DRILL,
    canary.DRILL,
]

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    names: Annotated[
        list[str] | None, typer.Argument(help="Drills to play, such as 'lost moto'; all.")
    ] = None,
    short: Annotated[bool, typer.Option("--short", help="Few rounds of each.")] = False,
) -> None:
    """Play faults in a rehearsal in a sandbox, and say what came of them."""
    # As by Ctrl-C: what a drill has started ends with it, and its folder goes.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    console = Console(highlight=False, soft_wrap=True)
    known = {drill.name: drill for drill in DRILLS}
    if unknown := [name for name in names or () if name not in known]:
        raise typer.BadParameter(f"no drill {unknown[0]!r}; there are: {', '.join(known)}")
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("Drill", "Rounds", "Seconds", "Seen"):
        table.add_column(title, overflow="fold")
    failed = 0
    for drill in (known[name] for name in names or known):
        rounds = drill.short if short else drill.long
        if not rounds:
            continue
        console.print(f"[bold]{drill.name}[/], {rounds} rounds: {drill.expects}")
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="isthmus-drill-") as folder:
            try:
                with _estate(
                    drill, Path(folder), lambda line: console.print(f"  {escape(line)}", style="dim")
                ) as it:
                    seen = drill.play(it, rounds, lambda line: console.print(f"  {escape(line)}"))
            except (DrillFailed, EngineError) as error:
                failed += 1
                seen = f"[bold red]FAILED[/] {escape(str(error))}"
        table.add_row(drill.name, str(rounds), f"{time.monotonic() - started:.0f}", seen)
    console.print(table)
    played = table.row_count
    console.print(f"{played - failed} drills passed, {failed} failed")
    raise typer.Exit(1 if failed else 0)


@contextmanager
def _estate(drill: Drill, folder: Path, say: sandbox.Say) -> Iterator[Estate]:
    if drill.bare:
        yield Estate(Home(folder / "home"), project_root(), say)
        return
    with sandbox.estate(folder, say) as made:
        yield made


if __name__ == "__main__":
    app()
