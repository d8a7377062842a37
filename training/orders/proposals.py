"""How a shop may write what its settings do not read: formats that would, from the cells themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from functools import cache

import pandas as pd

from training.orders.format import EPOCH, EPOCH_MS, OrdersFormat
from training.orders.values import numbers, times

_DATES = (
    *("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d"),
    *("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y"),
    *("%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%d-%m-%y"),
    *("%Y%m%d", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%b %d %Y", "%d %B %Y", "%B %d, %Y"),
)
_TIMES = (
    *("%H:%M:%S", "%H:%M", "%H:%M:%S.%f"),
    *("%I:%M:%S %p", "%I:%M %p", "%I:%M%p", "%H.%M.%S", "%H.%M", "%H%M%S", "%H%M"),
)
_SOME_TIME = datetime(2011, 9, 23, 17, 48, 5, 7)
_ZONES = ("Z", "+0100", "-0100", "+01:00", "-01:00")
SIGNS: tuple[tuple[str, str | None], ...] = (
    (".", None), (",", None), (".", ","), (",", "."), (",", " "), (".", " "), (".", "'"), (",", "'")
)  # fmt: skip
"""Decimal and thousands signs as they are in use."""


@cache
def known_dates() -> tuple[str, ...]:
    """Formats of dates and times as they are in use, the plainest first."""

    def each() -> Iterator[str]:
        for day in _DATES:
            for at in _TIMES:
                for between in (" ", "T", ", "):
                    for zone in ("", "%z", " %z"):
                        yield f"{day}{between}{at}{zone}"
        yield from _DATES

    return tuple(each())


def date_formats(cells: pd.Series, day: date, form: OrdersFormat) -> list[str]:
    """Formats that put every one of some stripped cells on the day of its file."""
    texts = cells.drop_duplicates()
    if texts.empty:
        return []
    first = str(texts.iloc[0])
    candidates = [
        date_format for date_format in _by_look().get(_look(first), ()) if parses(first, date_format)
    ]
    candidates += [EPOCH, EPOCH_MS] if first.replace(".", "", 1).isdigit() else []
    return [
        date_format
        for date_format in candidates
        if times(texts, day, form.model_copy(update={"dates": (date_format,)})).notna().all()
    ]


@cache
def _by_look() -> dict[str, list[str]]:
    """Formats by the look of what they write: to try all of them on a text takes a second."""
    by_look: dict[str, list[str]] = {}
    for date_format in known_dates():
        zones = _ZONES if "%z" in date_format else ("",)
        for look in {_look(_SOME_TIME.strftime(date_format.replace("%z", zone))) for zone in zones}:
            by_look.setdefault(look, []).append(date_format)
    return by_look


def _look(text: str) -> str:
    return re.sub("[A-Za-z]+", "a", re.sub("[0-9]+", "0", text))


def parses(text: str, form: str) -> bool:
    """Whether one format reads a text."""
    try:
        datetime.strptime(text, form)
    except ValueError:
        return False
    return True


def number_signs(cells: pd.Series, form: OrdersFormat, money: bool = False) -> list[tuple[str, str | None]]:
    """Decimal and thousands signs that read every one of some stripped cells, pieces as whole numbers.

    Where a sign stands before groups of three digits only, it is read as the thousands sign of pieces, and
    left open (both readings) of prices.
    """
    texts, found = cells.drop_duplicates(), []
    for decimal, thousands in SIGNS:
        values = numbers(texts, form.model_copy(update={"decimal": decimal, "thousands": thousands}), money)
        if values.notna().all() and (money or values.mod(1).eq(0).all()):
            found.append((decimal, thousands))
    if not money and all(re.fullmatch(r"[+-]?(\d{1,3}(\D\d{3})+|\d+)-?", text) for text in texts):
        found.sort(key=lambda pair: pair[1] is None)
    return found


def code_pattern(codes: Sequence[str]) -> str | None:
    """The pattern of the commonest shape of some codes, such as ``[A-Z]+-\\d+`` for AB-1044."""
    shapes = pd.Series([shape(code) for code in codes if code], dtype=object).value_counts()
    return None if shapes.empty else str(shapes.index[0])


def shape(code: str) -> str:
    """A code as a pattern: runs of digits, of capitals and of small letters, and the signs between."""
    pattern = ""
    for digits, capitals, small, other in re.findall(r"([0-9]+)|([A-Z]+)|([a-z]+)|(.)", code, re.DOTALL):
        pattern += r"\d+" if digits else "[A-Z]+" if capitals else "[a-z]+" if small else re.escape(other)
    return pattern
