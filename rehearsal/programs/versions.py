"""Versions as numbers that compare."""

from __future__ import annotations

import re

Version = tuple[int, int, int]


def numbers(text: str) -> Version | None:
    """The first ``a.b`` or ``a.b.c`` in ``text``, as numbers; None where there is none."""
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    return (int(found[1]), int(found[2]), int(found[3] or 0)) if found else None


def dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
