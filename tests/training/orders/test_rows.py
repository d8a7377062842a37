"""Every line of a file is a row that is exactly right, a part of one, blank, or a reject with its number."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.orders.format import COLUMNS, OrdersFormat
from training.orders.rows import Lines, lines_of

WIDTH = len(COLUMNS)
plain = st.text(alphabet="abcXYZ019 .-", min_size=1, max_size=8).map(str.strip).filter(bool)
FAULTS = ("open quote", "cell too many", "cell too few", "invalid byte", "NUL", "early end of a quote")


@dataclass(frozen=True)
class Made:
    """A record as it is put into a file: its bytes, the lines it takes, and its cells where it is sound."""

    raw: bytes
    lines: int
    cells: tuple[str, ...] | None
    blank: bool = False


@st.composite
def records(draw: st.DrawFn, form: OrdersFormat) -> Made:
    cells = [draw(plain) for _ in COLUMNS]
    quote = form.quote or '"'
    kind = draw(st.sampled_from(("plain", "plain", "quoted", "line break", "trailing", "blank", *FAULTS)))
    if kind == "blank":
        return Made(b"", 1, None, blank=True)
    if kind == "quoted":
        cells[2] = draw(st.sampled_from((form.delimiter, quote, f"{form.delimiter}{quote}"))).join(cells[1:3])
    if kind == "line break":
        cells[2] = f"{cells[2]}\n{cells[3]}"
    out = io.StringIO()
    csv.writer(out, delimiter=form.delimiter, quotechar=quote, lineterminator="\n").writerow(cells)
    text = out.getvalue()[:-1]
    if kind in ("plain", "quoted", "line break"):
        return Made(text.encode(form.encoding), 1 + cells[2].count("\n"), tuple(cells))
    if kind == "trailing":
        return Made((text + form.delimiter * draw(st.integers(1, 12))).encode(form.encoding), 1, tuple(cells))
    bare = form.delimiter.join(cells).encode(form.encoding)
    parts = bare.split(form.delimiter.encode(form.encoding))
    if kind == "open quote":
        parts[2] = quote.encode() + parts[2]
    elif kind == "early end of a quote":
        parts[2] = quote.encode() + parts[2] + quote.encode() + b"X"
    elif kind == "cell too many":
        parts.insert(draw(st.integers(0, WIDTH - 1)), b"more")
    elif kind == "cell too few":
        del parts[draw(st.integers(0, WIDTH - 1))]
    else:
        parts[draw(st.integers(0, WIDTH - 1))] += b"\xff" if kind == "invalid byte" else b"\0"
    return Made(form.delimiter.encode().join(parts), 1, None)


forms = st.sampled_from(
    [
        OrdersFormat(),
        OrdersFormat(delimiter=";", quote="'"),
        OrdersFormat(delimiter="\t"),
        OrdersFormat(delimiter="|", encoding="ascii"),
    ]
)


@settings(max_examples=150)
@given(st.data(), forms, st.sampled_from((b"\n", b"\r\n", b"\r")), st.booleans())
def test_faults_take_nothing_but_their_own_line(
    data: st.DataObject, form: OrdersFormat, end: bytes, ended: bool
) -> None:
    drawn = data.draw(st.lists(records(form), max_size=12))
    header = form.delimiter.join(COLUMNS).encode()
    content = end.join([header, *(record.raw.replace(b"\n", end) for record in drawn)])
    lines = lines_of(content + (end if ended or (drawn and drawn[-1].blank) else b""), form)
    assert lines is not None
    number, sound, rejects = 2, [], []
    for record in drawn:
        if record.cells is not None:
            sound.append((number, [cell for cell in record.cells]))
        elif not record.blank:
            rejects.append(number)
        number += record.lines
    assert list(zip(lines.numbers, lines.rows, strict=True)) == sound
    assert [line.line for line in lines.malformed] == rejects
    assert all(line.fault for line in lines.malformed)
    assert lines.total == number - 2 == lines.accounted
    assert lines.blank == sum(record.blank for record in drawn)


@settings(max_examples=300)
@given(st.text(alphabet='ab,,,""\n\r 1\0', max_size=80), st.integers(1, 5))
def test_whatever_a_file_holds_all_lines_are_known_and_a_whole_line_is_never_swallowed(
    text: str, width: int
) -> None:
    header = ",".join("abcde"[:width])
    lines = lines_of(f"{header}\n{text}".encode(), OrdersFormat())
    assert lines is not None
    assert lines.accounted == lines.total
    assert all(len(row) == width for row in lines.rows)
    rows = dict(zip(lines.numbers, lines.rows, strict=True))
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 2):
        if line.count(",") == width - 1 and line.strip() and not set(line) & {'"', "\0"}:
            assert rows[number] == line.split(",")


def _lines(text: str, form: OrdersFormat | None = None) -> Lines:
    lines = lines_of(text.encode(), form or OrdersFormat())
    assert lines is not None
    return lines


def test_two_open_quotes_take_no_row_between_them_along() -> None:
    lines = _lines('a,b,c\n1,"12 INCH,3\n4,5,6\n7,"8 INCH,9\n1,2,3\n')
    assert lines.rows == [["4", "5", "6"], ["1", "2", "3"]]
    assert [line.line for line in lines.malformed] == [2, 4]


def test_an_open_quote_that_the_next_lines_seem_to_close_takes_none_along() -> None:
    """To a parser of CSV the first three lines are one row, whose text holds another customer's row."""
    lines = _lines('a,b,c\n1,"12 INCH,3\n4,5,6\n7,8 INCH",9\n')
    assert lines.rows == [["4", "5", "6"], ["7", '8 INCH"', "9"]]
    assert [line.line for line in lines.malformed] == [2]


def test_a_quoted_line_break_is_part_of_its_cell() -> None:
    lines = _lines('a,b,c\r\n1,"x\r\n\r\ny",3\r\n4,5,6\r\n')
    assert lines.rows == [["1", "x\n\ny", "3"], ["4", "5", "6"]]
    assert lines.numbers == [2, 5]
    assert (lines.continued, lines.total) == (2, 4)


@pytest.mark.parametrize(
    "text",
    [
        "a,b,c\n1,2,3,\n4,5,6,\n",
        "a,b,c,\n1,2,3,\n4,5,6,\n",
        "a,b,c,\n1,2,3\n4,5,6\n",
        "a,b,c\n1,2,3,\n4,5,6\n",
        "a,b,c\n1,2,3,,,,,,,,,,,,,,,,\n4,5,6\n",
        "\ufeffa,b,c\n1,2,3\n4,5,6",
        "\n\na,b,c\n1,2,3\n4,5,6",
        '"a","b","c"\n"1","2","3"\n"4","5","6"\n',
    ],
    ids=[
        "every row",
        "header too",
        "header alone",
        "first row",
        "many",
        "mark",
        "blank before",
        "all quoted",
    ],
)
def test_commas_at_the_end_and_marks_at_the_start_change_nothing(text: str) -> None:
    lines = _lines(text)
    assert (lines.header, lines.rows) == (["a", "b", "c"], [["1", "2", "3"], ["4", "5", "6"]])


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "utf-16-le", "utf-32"])
def test_other_encodings(encoding: str) -> None:
    lines = lines_of("a,b\né,ü\n".encode(encoding), OrdersFormat(encoding=encoding))
    assert lines is not None
    assert (lines.header, lines.rows) == (["a", "b"], [["é", "ü"]])


def test_without_a_quote_each_sign_is_text() -> None:
    assert _lines('a\tb\n1"\t"2\n', OrdersFormat(delimiter="\t", quote=None)).rows == [['1"', '"2']]


@pytest.mark.timeout(20)
def test_long_files_of_open_quotes_end_in_seconds() -> None:
    lines = _lines("a,b,c\n" + '1,"2\n' * 50_000)
    assert lines.accounted == lines.total == 50_000
