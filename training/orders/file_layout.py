"""How the files of a shop's log are laid out: encoding, delimiter and columns, found from the files
themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd

from training.orders.column_names import NAMES, PRIVATE
from training.orders.format import COLUMNS, KEYS, OrdersFormat
from training.orders.rows import Lines, decoded, lines_of
from training.orders.settings import OrdersSettings

USUAL = OrdersSettings()
ROWS = 1000
"""Rows of a file that are looked at."""
_TIME_OF_DAY = re.compile(r"\d{1,2}[:.]\d{2}([:.]\d{2})?( ?[AaPp][Mm])?")


@dataclass
class Draft:
    """A section ``orders`` in the making, with what is doubtful about it.

    Attributes:
        section: keys that differ from the defaults, as JSON values.
        warnings: likely guesses that should be looked at.
        problems: what cannot be found; with any, the section is not to be used as it is.
        orders_format: the format that the section describes so far.
    """

    section: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    orders_format: OrdersFormat = USUAL

    def set(self, key: str, value: Any) -> None:
        """Propose a value, where it is not the default."""
        self.orders_format = self.with_(**{key: value})
        if value != getattr(USUAL, key):
            self.section[key] = list(value) if isinstance(value, tuple) else value

    def with_(self, **changed: Any) -> OrdersFormat:
        """The format with other values, to try them."""
        return self.orders_format.model_copy(update=changed)


def read_cells(contents: Mapping[date, bytes], draft: Draft) -> dict[date, pd.DataFrame]:
    """The cells of each file by our names of the columns; the layout that they were found by goes to the
    draft."""
    draft.set("encoding", _encoding(contents.values(), draft))
    _set_delimiter(contents.values(), draft)
    return _cells_by_columns(contents, draft)


def _encoding(contents: Iterable[bytes], draft: Draft) -> str:
    whole = b"\n".join(contents)
    if whole[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    if whole.count(b"\0") > len(whole) // 4:
        return "utf-16-le" if whole[1:2] == b"\0" else "utf-16-be"
    try:
        whole.decode()
    except UnicodeDecodeError as error:
        guess = "cp1252" if re.search(rb"[\x80-\x9f]", whole) else "latin-1"
        sample = whole[max(0, error.start - 12) : error.end + 12].decode(guess, "replace").strip()
        draft.warnings.append(
            f"the text is not UTF-8; {guess} is likely, if {sample.splitlines()[0]!r} reads well"
        )
        return guess
    return "utf-8"


def _set_delimiter(contents: Iterable[bytes], draft: Draft) -> None:
    def cells_found(delimiter: str, quote: str | None) -> tuple[int, int]:
        orders_format = draft.with_(delimiter=delimiter, quote=quote)
        files = [lines for content in contents if (lines := lines_of(content, orders_format))]
        width = min((len(lines.header) for lines in files), default=0)
        return (sum(len(lines.rows) for lines in files) if width > 1 else 0, width)

    text = "\n".join(decoded(content, draft.orders_format.encoding) for content in contents)
    # An open quote is not mended by calling another sign the quote.
    quotes = ("'",) if text.count("'") > text.count("\n") and '"' not in text else ('"',)
    choices = [(sign, quote) for sign in (",", ";", "\t", "|") for quote in quotes]
    # A sign of the number of columns splits them all; one that stands in texts now and then, hardly any.
    best = max(choices, key=lambda pair: cells_found(*pair))
    usual = (USUAL.delimiter, USUAL.quote or '"')
    if cells_found(*usual) == cells_found(*best):
        best = usual
    elif cells_found(best[0], '"') == cells_found(*best):
        best = (best[0], '"')
    if not cells_found(*best)[0]:
        draft.problems.append(
            "no delimiter (comma, semicolon, tab, bar) divides the lines into cells; set orders.delimiter"
        )
    draft.set("delimiter", best[0])
    draft.set("quote", best[1])


def _cells_by_columns(contents: Mapping[date, bytes], draft: Draft) -> dict[date, pd.DataFrame]:
    files = {day: lines for day, raw in contents.items() if (lines := lines_of(raw, draft.orders_format))}
    headers = {tuple(lines.header) for lines in files.values()}
    if len(headers) > 1:
        examples = " and ".join(draft.orders_format.delimiter.join(header) for header in sorted(headers)[:2])
        draft.problems.append(f"files have different columns: {examples}; give them the same")
    header = next(iter(files.values())).header if files else []
    called = _called(header)
    missing = [KEYS[name] for name in COLUMNS if name not in called and name != "Country"]
    if missing:
        draft.problems.append(
            f"it cannot be told which column is {', '.join(missing)} among {', '.join(header)}; "
            "say it with orders.columns"
        )
        return {}
    differing = {KEYS[name]: called.get(name) for name in COLUMNS if called.get(name) != name}
    dates = called["InvoiceDate"]
    if clock := _clock(files.values(), called):
        differing |= {"date": dates, "time": clock}
        called["InvoiceDate"] = clock
    draft.orders_format = draft.with_(columns=USUAL.columns.model_copy(update=differing))
    if differing:
        draft.section["columns"] = differing
    private = tuple(name for name in header if name not in (*called.values(), dates) and PRIVATE.search(name))
    draft.set("private", private)
    cells = {day: _cells(lines, called) for day, lines in files.items()}
    if clock:
        for day, lines in files.items():
            cells[day]["InvoiceDate"] = (
                _cells(lines, {"InvoiceDate": dates})["InvoiceDate"] + " " + cells[day]["InvoiceDate"]
            )
    return cells


def _called(header: Sequence[str]) -> dict[str, str]:
    """What the shop calls each column, by its name inside; those that cannot be found are left out."""
    called = {name: name for name in COLUMNS if name in header}
    bare = {re.sub(r"[\W_]", "", name.casefold()): name for name in header if name not in called}
    for inside in COLUMNS:
        if inside in called:
            continue
        for name in (inside.casefold(), *NAMES[inside]):
            if name in bare and bare[name] not in called.values():
                called[inside] = bare[name]
                break
    return called


def _clock(files: Iterable[Lines], called: Mapping[str, str]) -> str | None:
    """The column of the times of day, where the one that was taken for the invoice's time has dates alone."""
    for lines in files:
        dates = lines.header.index(called["InvoiceDate"])
        rows = lines.rows[:ROWS]
        others = [place for place, name in enumerate(lines.header) if name not in called.values()]
        if rows and not any(":" in row[dates] for row in rows):
            return next(
                (
                    lines.header[place]
                    for place in others
                    if all(_TIME_OF_DAY.fullmatch(row[place].strip()) for row in rows)
                ),
                None,
            )
    return None


def _cells(lines: Lines, called: Mapping[str, str]) -> pd.DataFrame:
    places = {inside: lines.header.index(name) for inside, name in called.items()}
    rows = lines.rows[:: 1 + len(lines.rows) // ROWS]
    return pd.DataFrame(
        {inside: [row[place] for row in rows] for inside, place in places.items()}, dtype=object
    )
