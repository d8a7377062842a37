"""Numbers and times of a log, by the way in which the shop writes them."""

from __future__ import annotations

import re
from datetime import date
from functools import cache

import numpy as np
import pandas as pd

from training.orders.format import EPOCH, EPOCH_MS, OrdersFormat

RUINED = r"[+-]?\d+(?:[.,]\d+)?[eE][+-]\d+|#(?:REF!|VALUE!|NAME\?|N/A|NULL!|NUM!|DIV/0!|#+)"
"""What a spreadsheet makes of an identifier that it takes for a number (1.2345E+04), or cannot tell."""
_SPACES = "\u00a0\u202f"
_LAST_SECOND = 2**33
"""In the year 2242; what is above is no time of an order, and what is far above overflows."""
_SIGNS = {
    "AUD": "$",
    "BRL": "R$",
    "CAD": "$",
    "CHF": "Fr.",
    "CNY": "¥",
    "CZK": "Kč",
    "DKK": "kr",
    "EUR": "€",
    "GBP": "£",
    "INR": "₹",
    "JPY": "¥",
    "KRW": "₩",
    "NOK": "kr",
    "PLN": "zł",
    "SEK": "kr",
    "TRY": "₺",
    "USD": "$",
}
"""Signs of currencies, as the Unicode CLDR tells them for where they are used."""


def numbers(text: pd.Series, form: OrdersFormat, money: bool = False) -> pd.Series:
    """The numbers of stripped texts, float64; NaN for what is none.

    Groups of digits must be of three, or 2,55 would be read as 255 where the comma is the thousands sign. The
    minus may stand behind (12,50-), as SAP writes it.

    Args:
        text: cells.
        form: with the decimal and the thousands sign.
        money: whether the currency may stand before or after the number.
    """
    plain = pd.to_numeric(text, errors="coerce").astype("float64")
    usual = form.decimal == "." and form.thousands is None
    if usual and not plain.isna().any():
        return plain
    sound = text if not usual else text[plain.isna()]
    parsed = {cell: _number(cell, form, money) for cell in sound.unique()}
    read = sound.map(parsed).astype("float64")
    return read if not usual else plain.fillna(read)


def _number(text: str, form: OrdersFormat, money: bool) -> float:
    for space in _SPACES:
        text = text.replace(space, " ")
    if money:
        text = _without_currency(text, form.currency)
    if not _shape(form.decimal, form.thousands).fullmatch(text):
        return np.nan
    if text.endswith("-"):
        text = f"-{text[:-1]}"
    if form.thousands is not None:
        text = text.replace(_plain(form.thousands), "")
    return float(text.replace(form.decimal, "."))


def _without_currency(text: str, currency: str) -> str:
    for sign in (currency, _SIGNS.get(currency, currency)):
        bare = text.removeprefix(sign) if text.startswith(sign) else text.removesuffix(sign)
        if bare != text:
            return bare.strip()
    return text


def currency_signs(sign: str) -> list[str]:
    """The currencies that a sign, or a code, stands for; the commonest first."""
    codes = [code for code, symbol in _SIGNS.items() if sign in (symbol, code)]
    return sorted(codes, key=lambda code: code not in ("USD", "EUR", "GBP", "JPY"))


def _plain(sign: str) -> str:
    return " " if sign in _SPACES else sign


@cache
def _shape(decimal: str, thousands: str | None) -> re.Pattern[str]:
    point = re.escape(decimal)
    whole = r"\d+" if thousands is None else rf"(?:\d{{1,3}}(?:{re.escape(_plain(thousands))}\d{{3}})+|\d+)"
    number = rf"(?:{whole}(?:{point}\d*)?|{point}\d+)"
    return re.compile(rf"[+-]?{number}|{number}-", re.ASCII)


def times(text: pd.Series, day: date, form: OrdersFormat) -> pd.Series:
    """Local times of stripped texts on ``day`` (datetime64[ns]); null for what is none, or on another day.

    Of several formats, the first counts that puts a text on the day: 5/6/2011 in the file of the 5th of June
    is read day first, where both orders are allowed.
    """
    found = pd.Series(pd.NaT, index=text.index, dtype="datetime64[ns]")
    for date_format in form.dates:
        left = found.isna()
        if not left.any():
            break
        at = _read(text[left], date_format, form.time_zone)
        found = found.fillna(at.where(at.dt.normalize() == pd.Timestamp(day)))
    return found


def _read(text: pd.Series, date_format: str, zone: str) -> pd.Series:
    if date_format in (EPOCH, EPOCH_MS):
        stamps = pd.to_numeric(text, errors="coerce").astype("float64")
        seconds = stamps if date_format == EPOCH else stamps / 1000
        at = pd.to_datetime(seconds.where(seconds.abs() < _LAST_SECOND), unit="s", errors="coerce", utc=True)
    elif "%z" in date_format or "%Z" in date_format:
        at = pd.to_datetime(text, errors="coerce", format=date_format, utc=True)
    else:
        return pd.to_datetime(text, errors="coerce", format=date_format)
    return at.dt.tz_convert(zone).dt.tz_localize(None)
