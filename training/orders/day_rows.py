"""The rows of one day as read: cells as text under the names inside, whatever the shop calls its columns."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches

import numpy as np
import pandas as pd

from training.errors import TrainingError
from training.orders.format import COLUMNS, KEYS, OrdersFormat
from training.orders.rows import Lines, Malformed, lines_of

_DELIMITERS = (";", "\t", "|", ",")


class NotAccounted(TrainingError):
    """Lines of a file were lost on the way: a part of a file is never taken for the whole."""

    def __init__(self, where: str, lines: int, accounted: int) -> None:
        super().__init__(
            f"{where} has {lines} lines after its header, but {accounted} are kept or counted by reason: "
            "this is a fault of isthmus; nothing was changed, and a report of it would help"
        )


@dataclass(frozen=True)
class DayRows:
    """What one by-day file holds, each of its lines accounted for.

    Attributes:
        day: that the file is named by.
        where: the file, as errors name it.
        rows: sound rows, columns COLUMNS, all text as it stands; the index is the line in the file, of a row
            over several lines the first. A column that the shop does not have is empty.
        private: of the same rows, the further columns that ``orders.private`` names, as the shop calls them.
        malformed: lines that are no row.
        blank: lines without anything.
        continued: lines of rows after their first.
        total: all lines after the header; ``len(rows) + len(malformed) + blank + continued``.
    """

    day: date
    where: str
    rows: pd.DataFrame
    private: pd.DataFrame
    malformed: Sequence[Malformed]
    blank: int
    continued: int
    total: int


def day_rows(content: bytes, day: date, where: str, form: OrdersFormat) -> DayRows:
    """Read the gzip bytes of a by-day file.

    Raises:
        TrainingError: when it is cut or no gzip, is empty, or lacks a column.
    """
    try:
        text = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise TrainingError(f"{where} is not a readable gzip CSV ({error}); put it there again") from None
    lines = lines_of(text, form)
    if lines is None:
        raise TrainingError(f"{where} is empty; a day without orders needs no file")
    if lines.accounted != lines.total:
        raise NotAccounted(where, lines.total, lines.accounted)
    table = np.empty((len(lines.rows), len(lines.header)), dtype=object)
    if lines.rows:
        table[:] = lines.rows
    index = pd.Index(lines.numbers, name="line", dtype="int64")

    def cells(named: Mapping[str, tuple[str, str | None]]) -> pd.DataFrame:
        places = {name: _place(lines, where, form, *name_and_key) for name, name_and_key in named.items()}
        columns = {name: "" if place is None else table[:, place] for name, place in places.items()}
        return pd.DataFrame(columns, index=index, dtype=object)

    called = form.columns.named()
    rows = cells({name: (f"orders.columns.{KEYS[name]}", called[name]) for name in COLUMNS})
    if form.columns.date is not None:
        dates = cells({"date": ("orders.columns.date", form.columns.date)})["date"]
        rows["InvoiceDate"] = dates.str.strip() + " " + rows["InvoiceDate"].str.strip()
    private = cells({name: ("orders.private", name) for name in form.private})
    return DayRows(
        day=day,
        where=where,
        rows=rows,
        private=private,
        malformed=lines.malformed,
        blank=lines.blank,
        continued=lines.continued,
        total=lines.total,
    )


def of_frame(day: date, rows: pd.DataFrame) -> DayRows:
    """A table of text (COLUMNS) as if it were a file of its own, the first row in line 2."""
    text = rows[list(COLUMNS)].set_axis(pd.RangeIndex(2, len(rows) + 2, name="line"))
    return DayRows(day, str(day), text, text[[]], (), 0, 0, len(rows))


def _place(lines: Lines, where: str, form: OrdersFormat, key: str, called: str | None) -> int | None:
    """At which cell a column is; None where the shop has none."""
    if called is None:
        return None
    if lines.header.count(called) > 1:
        raise TrainingError(f"{where} has the column {called} twice; leave one of them out")
    if called not in lines.header:
        raise TrainingError(f"{where} has no column {called}; {_instead(lines.header, called, key, form)}")
    return lines.header.index(called)


def _instead(header: list[str], called: str, key: str, form: OrdersFormat) -> str:
    """What to do about a column that is not there."""
    first = form.delimiter.join(header)
    for sign in _DELIMITERS:
        if sign != form.delimiter and len(header) < len(COLUMNS) <= first.count(sign) + 1:
            return f"its first line is {first[:72]!r}: set orders.delimiter to {sign!r}"
    if "\0" in first or "\ufffd" in first:
        return f"its first line is no {form.encoding} text: set orders.encoding, to utf-16 or latin-1 perhaps"
    near = get_close_matches(called.casefold(), [name.casefold() for name in header], n=1, cutoff=0.6)
    meant = next((name for name in header if near and name.casefold() == near[0]), None)
    listed = ", ".join(name[:40] for name in header[:20])
    if meant is not None:
        return f"if {meant} is meant, set {key} to it; the columns there are: {listed}"
    return f"say which one it is with {key}; the columns there are: {listed}"
