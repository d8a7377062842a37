"""Digests in a stack file, line by line: its comments and its order stay as a person wrote them."""

from __future__ import annotations

import re
from collections.abc import Mapping

SECTION = "  isthmus:images:"


def pinned(text: str, digests: Mapping[str, str]) -> str:
    """The text of a stack file with these digests in its section ``images``, made where it is missing."""
    lines = text.rstrip("\n").split("\n")
    if SECTION not in lines:
        end = next(
            (number for number, line in enumerate(lines) if line.startswith("  isthmus:budget:")), len(lines)
        )
        lines.insert(end, SECTION)
    begin = lines.index(SECTION) + 1
    end = begin
    while end < len(lines) and lines[end].startswith("   "):
        end += 1
    section = lines[begin:end]
    for name, digest in digests.items():
        key = re.compile(rf"(    {name}: +)\S+( .*)?")
        found = [number for number, line in enumerate(section) if key.fullmatch(line)]
        if found:
            section[found[0]] = key.sub(rf"\g<1>{digest}\g<2>", section[found[0]])
        else:
            section.append(f"    {name}: {digest}")
    return "\n".join([*lines[:begin], *section, *lines[end:]]) + "\n"
