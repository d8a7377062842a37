"""The stages of a long command, timed, and the table that they end in."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape
from rich.table import Table


@dataclass
class Stage:
    """One stage: what it did is in ``note``; ``parts`` are named seconds inside it."""

    name: str
    seconds: float = 0.0
    note: str = ""
    parts: list[tuple[str, float]] = field(default_factory=list)


class Stages:
    """Stages one after the other; each is announced when it begins."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._started = time.monotonic()
        self.all: list[Stage] = []

    @contextmanager
    def stage(self, name: str, announcement: str) -> Iterator[Stage]:
        """Time a stage; one that fails is not in the table, for there will be none."""
        self._console.print(f"[bold]{len(self.all) + 1}. {escape(name)}[/]  [dim]{escape(announcement)}[/]")
        stage = Stage(name)
        started = time.monotonic()
        yield stage
        stage.seconds = time.monotonic() - started
        self.all.append(stage)

    def table(self) -> Table:
        """Every stage with its seconds, the parts indented, and the total."""
        table = Table(box=None, pad_edge=False, header_style="dim")
        table.add_column("Stage")
        table.add_column("Seconds", justify="right")
        table.add_column("")
        for stage in self.all:
            table.add_row(escape(stage.name), f"{stage.seconds:.1f}", escape(stage.note))
            for name, seconds in stage.parts:
                table.add_row(f"  [dim]{escape(name)}[/]", f"[dim]{seconds:.1f}[/]", "")
        table.add_row("[bold]All[/]", f"[bold]{time.monotonic() - self._started:.1f}[/]", "")
        return table
