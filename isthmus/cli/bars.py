"""Stages of a long command: a bar each on a terminal; in a file or a pipe whole lines, and few of them."""

from __future__ import annotations

from contextlib import ExitStack
from time import monotonic as _now
from types import TracebackType

from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TransferSpeedColumn,
)
from rich.progress import Progress as RichProgress

from isthmus.progress import Progress, listen

# Between two lines of one stage where there is no terminal, in seconds.
_QUIET = 15.0


class Bars:
    """Shows how far the stages are, and lines that stay above the bars: what the work logs meanwhile.

    Args:
        left: what to call the bytes that leave; "" where none do.
        console: stderr when absent.
        logger: the name of the modules whose log is shown.
    """

    def __init__(self, left: str = "", console: Console | None = None, logger: str = "training") -> None:
        from isthmus.cli.console import err

        self._console = console or err
        stage = TextColumn("{task.description:12}")
        note = TextColumn("[dim]{task.fields[note]}")
        self._stages = RichProgress(
            stage, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), note, console=self._console
        )
        self._sent = RichProgress(stage, DownloadColumn(), TransferSpeedColumn(), console=self._console)
        self._bytes = self._sent.add_task(left, total=None) if left else None
        self._tasks: dict[str, TaskID] = {}
        self._spoken = _now()
        self._logger = logger
        self._open = ExitStack()
        self._live = (
            Live(Group(self._stages, self._sent), console=self._console, refresh_per_second=8)
            if self._console.is_terminal
            else None
        )

    def __enter__(self) -> Bars:
        if self._live:
            self._open.enter_context(self._live)
        self._open.enter_context(listen(self.take, self._logger))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def say(self, line: str) -> None:
        """Print a line that stays above the bars."""
        self._console.print(f"[dim]{escape(line)}[/]")

    def take(self, event: Progress | str) -> None:
        """Show what the work logs: a step moves the bar of its stage, a line stays."""
        if isinstance(event, Progress):
            self.move(event.stage, event.done, event.total, event.note)
        else:
            self.say(event)

    def move(self, stage: str, done: int, total: int, note: str = "") -> None:
        """Move the bar of a stage."""
        if self._live:
            if stage not in self._tasks:
                self._tasks[stage] = self._stages.add_task(stage, total=total, note="")
            self._stages.update(self._tasks[stage], completed=done, note=escape(note))
        elif done == total or _now() - self._spoken >= _QUIET:
            self._spoken = _now()
            self.say(f"{stage}: {done} of {total}{f', {note}' if note else ''}")

    def left(self, size: int) -> None:
        """Move the bar of the bytes that have left."""
        if self._bytes is not None:
            self._sent.update(self._bytes, advance=size)
