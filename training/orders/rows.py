"""The lines of a by-day file as rows; a line that is no row is told by its number, and takes no other along.

A CSV parser that meets a quote which is never closed reads on to the next quote, over any number of rows.
Here a line is a row where it can be: only one that is not, and whose cells are too few as well, may go on in
the lines after it, and these must be no rows either (RFC 4180 allows line breaks in quoted cells). So every
line of a file is a sound row, a part of one, blank, or malformed.
"""

from __future__ import annotations

import codecs
import csv
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

from training.orders.format import OrdersFormat

csv.field_size_limit(
    sys.maxsize
)  # a description of any length is for the cleaning to judge, not for the parser
_MOST_LINES = 50
"""Lines that one row may go over."""
_INVALID = "\udcff"
"""Stands for bytes that are no text of the encoding; no valid text holds half of a surrogate pair."""
_HANDLER = "isthmus-invalid"


def _mark(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)  # noqa: S101 - only decode() is called with it
    return _INVALID, error.end


codecs.register_error(_HANDLER, _mark)


@dataclass(frozen=True)
class Malformed:
    """A line that is no row: its number in the file (the header is line 1), its text, and what is wrong."""

    line: int
    text: str
    fault: str


@dataclass
class Lines:
    """The lines of one file.

    Attributes:
        header: names of the columns.
        rows: sound rows, as many cells as the header has.
        numbers: the first line of each row.
        malformed: lines that are no row.
        blank: lines without anything.
        continued: lines of rows after their first, by line breaks in quoted cells.
        total: lines after the header.
    """

    header: list[str]
    rows: list[list[str]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    malformed: list[Malformed] = field(default_factory=list)
    blank: int = 0
    continued: int = 0
    total: int = 0

    @property
    def accounted(self) -> int:
        """Lines that are known to be something; ``total`` where none is lost."""
        return len(self.rows) + len(self.malformed) + self.blank + self.continued


def decoded(content: bytes, encoding: str) -> str:
    """The text, in which bytes that are none of the encoding are marked."""
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = content.decode(encoding, _HANDLER)
    return text.removeprefix("\ufeff")


def shown(text: str) -> str:
    """A text that can be printed and stored, with invalid bytes as U+FFFD."""
    return text.replace(_INVALID, "\ufffd")


def lines_of(content: bytes, form: OrdersFormat) -> Lines | None:
    """Divide the bytes of a file into rows; None where there is no line with anything in it."""
    text = decoded(content, form.encoding)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    physical = text.split("\n")
    if not physical[-1]:
        physical.pop()
    start = next((number for number, line in enumerate(physical) if line.strip()), None)
    if start is None:
        return None
    # Signs that make a line no row are looked for once in all of the text; few files have any.
    invalid = any(sign in text for sign in (_INVALID, "\0"))
    reader = _Reader(form, physical, start, invalid)
    return reader.read()


class _Reader:
    def __init__(self, form: OrdersFormat, physical: Sequence[str], start: int, invalid: bool) -> None:
        self._form, self._physical, self._invalid = form, physical, invalid
        self._start = start
        header = self._cells(physical[start])
        names = [name.strip() for name in header] if header is not None else [shown(physical[start])]
        self._full = len(names)
        while len(names) > 1 and not names[-1]:
            names.pop()
        self._width = len(names)
        self._lines = Lines([shown(name) for name in names], total=len(physical) - start - 1)

    def read(self) -> Lines:
        lines, physical, width = self._lines, self._physical, self._width
        delimiter, quote = self._form.delimiter, self._form.quote or "\0"
        number, end = self._start + 1, len(physical)
        rows, numbers = lines.rows, lines.numbers
        while number < end:
            line = physical[number]
            number += 1
            if quote not in line and not self._invalid:
                cells = line.split(delimiter)
                if len(cells) == width:
                    rows.append(cells)
                    numbers.append(number)
                    continue
            number += self._odd(line, number)
        return lines

    def _odd(self, line: str, number: int) -> int:
        """Take a line that needs a closer look; how many of those after it were taken along."""
        lines = self._lines
        if not line.strip():
            lines.blank += 1
            return 0
        cells = self._row(line)
        if cells is not None:
            lines.rows.append(cells)
            lines.numbers.append(number)
            return 0
        taken, cells = self._over_several(line, number)
        if cells is not None:
            lines.rows.append(cells)
            lines.numbers.append(number)
            lines.continued += taken
            return taken
        lines.malformed.append(Malformed(number, shown(line), self._fault(line)))
        return 0

    def _row(self, line: str) -> list[str] | None:
        """The cells of a line that is a row."""
        if self._invalid and (_INVALID in line or "\0" in line):
            return None
        cells = self._cells(line)
        return None if cells is None else self._fitting(cells)

    def _fitting(self, cells: list[str]) -> list[str] | None:
        """As many cells as there are columns; delimiters too many at the end are no cells."""
        if len(cells) < self._width:
            return None
        if len(cells) > self._full and any(cell.strip() for cell in cells[self._width :]):
            return None
        return cells[: self._width]

    def _over_several(self, line: str, number: int) -> tuple[int, list[str] | None]:
        """The cells of a row that goes on in the next lines, and in how many; None where it hardly does."""
        form = self._form
        if form.quote is None or line.count(form.quote) % 2 == 0 or self._complete(line):
            return 0, None
        joined = line
        for taken, following in enumerate(self._physical[number : number + _MOST_LINES], 1):
            if self._complete(following):
                break
            joined += "\n" + following
            if joined.count(form.quote) % 2 == 0:
                return taken, self._row(joined)
        return 0, None

    def _complete(self, line: str) -> bool:
        """Whether a line has the cells of a row of its own, whatever its quotes say."""
        return line.count(self._form.delimiter) >= self._width - 1

    def _cells(self, line: str) -> list[str] | None:
        """The cells of a line; None where its quotes do not open and close around whole cells."""
        form = self._form
        if form.quote is None or form.quote not in line:
            return line.split(form.delimiter)
        try:
            return next(csv.reader([line], delimiter=form.delimiter, quotechar=form.quote, strict=True))
        except (csv.Error, StopIteration):
            return None

    def _fault(self, line: str) -> str:
        if self._invalid and _INVALID in line:
            return f"has a byte that is no {self._form.encoding}"
        if self._invalid and "\0" in line:
            return "has a NUL character"
        cells = self._cells(line)
        if cells is None:
            return f"has a quote {self._form.quote} that does not close a whole cell"
        return f"has {len(cells)} cells instead of {self._width}"
