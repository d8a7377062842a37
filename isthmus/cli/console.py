"""The two terminals of a command: answers on stdout, everything else on stderr."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.segment import Segment
from rich.table import Table

# No ":name:" of an image or a file is a picture.
out = Console(highlight=False, soft_wrap=True, emoji=False)
err = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)

_ANY_WIDTH = 100_000


def print_table(table: Table, console: Console | None = None) -> None:
    """Print a table whose cells are whole, however narrow the terminal: a line may be wider than it.

    Only the last column may go on in a second line, between its words, on a terminal that has room for them.
    A file or a pipe gets every row in one line.
    """
    console = console or out
    *names, last = table.columns
    for column in names:
        column.no_wrap, column.overflow = True, "fold"
    last.overflow = "fold"
    wide = Measurement.get(console, console.options.update(width=_ANY_WIDTH, max_width=_ANY_WIDTH), table)
    fits = console.is_terminal and wide.minimum <= console.width
    last.no_wrap = not fits
    console.print(_Wide(table, min(wide.maximum, console.width) if fits else wide.maximum), soft_wrap=True)


@dataclass(frozen=True)
class _Wide:
    """Rendered as for a console of this width; ``Console.print`` takes none above its own."""

    table: Table
    width: int

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        wide = options.update(width=self.width, max_width=self.width)
        for line in console.render_lines(self.table, wide, pad=False):
            # Blanks at a line's end would be a line of their own on a narrow terminal.
            while line and not line[-1].text.strip():
                line.pop()
            if line:
                line[-1] = Segment(line[-1].text.rstrip(), line[-1].style)
            yield from line
            yield Segment.line()


def print_json(value: Any) -> None:
    """Print a value as JSON for another program: nothing cut or coloured, no NaN (null in its place)."""
    print(json.dumps(_finite(value), indent=2, ensure_ascii=False, allow_nan=False))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(element) for key, element in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(element) for element in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
