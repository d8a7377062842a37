"""What a scalar without quotes is to the engine, and whether it is the same to every reader of YAML.

Sources: yaml.v3 3.0.1 ``resolve.go`` (the engine); https://yaml.org/type/ (YAML 1.1);
https://yaml.org/spec/1.2.2/#103-core-schema (YAML 1.2); all read on 2026-11-27.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

Scalar = str | int | float | bool | None

_TRUE: Final = frozenset({"true", "True", "TRUE"})
_FALSE: Final = frozenset({"false", "False", "FALSE"})
_NULL: Final = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL_OF_YAML_1_1: Final = frozenset(
    cased for word in ("y", "yes", "on", "n", "no", "off") for cased in (word, word.title(), word.upper())
)
_INTEGER: Final = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_HEXADECIMAL: Final = re.compile(r"0x[0-9a-fA-F]{1,16}")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NUMBER_TO_SOMEONE: Final = re.compile(
    r"[-+]?(0[bB][01]+|0[oO][0-7]+|0[xX][0-9a-fA-F]+|(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?)"
)
_BASE_60: Final = re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")
_NO_NUMBER: Final = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME_TO_SOMEONE: Final = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(([Tt]|[ \t]+)[0-9:.Zz+\- \t]*)?")

_MOST_DIGITS: Final = 400
_LEAST, _MOST = -(2**63), 2**63 - 1
_WHOLE_IN_JSON: Final = 1e21
"""From here on Go's JSON writes a float with an exponent, and it stays one."""


@dataclass(frozen=True)
class Ambiguous:
    """A scalar that is not the same to every reader, or not what is written; ``why`` ends a sentence."""

    why: str


def resolve(text: str) -> Scalar | Ambiguous:
    """What a scalar without quotes is to a program that the engine runs.

    A day comes as the text that the engine makes of it, ``2011-09-01 00:00:00 +0000 UTC``; a float that is
    whole comes as an integer, since the engine's JSON does not tell them apart.
    """
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if text in _BOOL_OF_YAML_1_1:
        truth = "true" if text.lower() in ("y", "yes", "on") else "false"
        return Ambiguous(
            f"is a text to the engine, and {truth} to YAML 1.1: write {truth}, or the text in quotes"
        )
    if text in ("=", "<<"):
        return Ambiguous("has a meaning of its own in YAML 1.1: write it in quotes")
    if text[0] in "+-.0123456789":
        return _like_a_number(text)
    return text


def lost_on_the_way(text: str) -> str:
    """How the engine changes a text of several lines when it writes it again (seen with 3.259.0), or ""."""
    if "\n" in text and text[0] in "\n\t\u0085\u2028\u2029":
        return (
            "begins with a line break or a tab, which the engine loses: begin the text with its first letter"
        )
    return ""


def _like_a_number(text: str) -> Scalar | Ambiguous:
    if _TIME_TO_SOMEONE.fullmatch(text):
        return _time(text)
    if _NO_NUMBER.fullmatch(text):
        return Ambiguous(
            "cannot be handed to the program, as JSON has no such number: write a number, or quotes"
        )
    if _BASE_60.fullmatch(text):
        return Ambiguous("is a text to the engine, and a number of base 60 to YAML 1.1: write it in quotes")
    if not _NUMBER_TO_SOMEONE.fullmatch(text.replace("_", "")):
        return text
    if len(text) > _MOST_DIGITS:
        return _too_large()
    if _INTEGER.fullmatch(text):
        return _within(int(text))
    if _HEXADECIMAL.fullmatch(text):
        return _within(int(text, 16))
    if _FLOAT.fullmatch(text):
        return _float(text)
    return Ambiguous(
        "is not the same number, or none, to every reader of YAML: write a number in plain decimal digits "
        "without a zero before them, or the text in quotes"
    )


def _too_large() -> Ambiguous:
    return Ambiguous("is a number that does not arrive as it is written: write it in quotes if it is a text")


def _within(value: int) -> int | Ambiguous:
    return value if _LEAST <= value <= _MOST else _too_large()


def _float(text: str) -> int | float | Ambiguous:
    value = float(text)
    if value in (float("inf"), float("-inf")) or (value == 0 and Decimal(text) != 0):
        return _too_large()
    if value.is_integer() and abs(value) < _WHOLE_IN_JSON:
        return int(Decimal(repr(value)))
    return value


def _time(text: str) -> str | Ambiguous:
    if _DAY.fullmatch(text):
        try:
            return f"{date.fromisoformat(text)} 00:00:00 +0000 UTC"
        except ValueError:
            pass
    return Ambiguous("is a time to some readers of YAML, and changes its form on the way: write it in quotes")


def json_number(value: int | float) -> str:
    """A number as Go's encoding/json writes it (``encode.go``, ``floatEncoder``)."""
    if isinstance(value, int):
        return str(value)
    if 1e-6 <= abs(value) < _WHOLE_IN_JSON:
        return format(Decimal(repr(value)), "f").removesuffix(".0")
    return re.sub(r"e([-+])0", r"e\1", repr(value).replace(".0e", "e"))
