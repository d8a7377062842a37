"""How the API server wants names, labels and quantities written (apimachinery, pkg/util/validation)."""

from __future__ import annotations

import re
from typing import Any

from rehearsal.plugins.backend import Unknown
from rehearsal.plugins.kubernetes.rows import LABEL, LABEL_1035, SEGMENT

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_LABEL_1035 = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_WORD = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_QUANTITY = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?")
_PORT_NAME = re.compile(r"(?=.*[a-z])[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_SUFFIXES = {
    "": 1.0,
    "n": 1e-9,
    "u": 1e-6,
    "m": 1e-3,
    "k": 1e3,
    "M": 1e6,
    "G": 1e9,
    "T": 1e12,
    "P": 1e15,
    "E": 1e18,
}
_SUFFIXES |= {f"{letter}i": 1024.0 ** (power + 1) for power, letter in enumerate("KMGTPE")}


def name_fault(name: Any, form: str) -> str:
    """Why a name is refused, "" for a good one (or one not known yet)."""
    if isinstance(name, Unknown):
        return ""
    if form == SEGMENT:
        bad = not name or "/" in name or "%" in name or name in (".", "..")
        return f"{name!r} must not be empty and must hold neither / nor %" if bad else ""
    pattern, longest, words = {
        LABEL: (_LABEL, 63, "lower-case letters, digits and -"),
        LABEL_1035: (_LABEL_1035, 63, "lower-case letters, digits and -, a letter first"),
    }.get(form, (_SUBDOMAIN, 253, "lower-case letters, digits, - and ."))
    if len(name) > longest:
        return f"{name!r} has {len(name)} characters; at most {longest} are allowed"
    if not pattern.fullmatch(name):
        return f"{name!r} must consist of {words}, and begin and end with a letter or digit"
    return ""


def key_fault(key: str) -> str:
    """Why the key of a label or annotation is refused."""
    prefix, slash, name = key.rpartition("/")
    if slash and (len(prefix) > 253 or not _SUBDOMAIN.fullmatch(prefix)):
        return f"the prefix of {key!r} must be a DNS name"
    if not name or len(name) > 63 or not _WORD.fullmatch(name):
        return f"{key!r} must be at most 63 letters, digits, -, _ and ., begun and ended by a letter or digit"
    return ""


def value_fault(value: Any) -> str:
    """Why the value of a label is refused."""
    if isinstance(value, Unknown) or value == "":
        return ""
    if len(str(value)) > 63 or not _WORD.fullmatch(str(value)):
        return (
            f"{value!r} must be at most 63 letters, digits, -, _ and ., begun and ended by a letter or digit"
        )
    return ""


def port_name_fault(name: Any) -> str:
    """Why the name of a container's port is refused (IANA_SVC_NAME)."""
    if isinstance(name, Unknown):
        return ""
    if len(name) > 15 or "--" in name or not _PORT_NAME.fullmatch(name):
        return (
            f"{name!r} must be at most 15 lower-case letters, digits and single -, with a letter among them"
        )
    return ""


def amount(quantity: Any) -> float | None:
    """The number that a quantity writes, None where it writes none."""
    match = _QUANTITY.fullmatch(str(quantity))
    if match is None:
        return None
    suffix = match.group(3) or ""
    if suffix in _SUFFIXES:
        return float(match.group(1)) * _SUFFIXES[suffix]
    return float(f"{match.group(1)}{suffix}")
