"""Values in a stack file, line by line: its comments and its order stay as a person wrote them."""

from __future__ import annotations

import re
from collections.abc import Mapping


def set_in_section(text: str, name: str, values: Mapping[str, str]) -> str:
    """The text of a stack file with these values at the top of a section, which is made where it is missing.

    The section is written in lines, as all of ours are; one in braces would be there twice afterwards, which
    reading it refuses.
    """
    lines = text.rstrip("\n").split("\n")
    title = f"  isthmus:{name}:"
    if title not in lines:
        end = next(
            (number for number, line in enumerate(lines) if line.startswith("  isthmus:budget:")), len(lines)
        )
        lines.insert(end, title)
    begin = lines.index(title) + 1
    end = begin
    while end < len(lines) and lines[end].startswith("   "):
        end += 1
    section = lines[begin:end]
    for key, value in values.items():
        written = re.compile(rf"(    {re.escape(key)}: +)\S+( .*)?")
        found = [number for number, line in enumerate(section) if written.fullmatch(line)]
        if found:
            section[found[0]] = written.sub(rf"\g<1>{value}\g<2>", section[found[0]])
        else:
            section.append(f"    {key}: {value}")
    return "\n".join([*lines[:begin], *section, *lines[end:]]) + "\n"
