"""One comment and one issue for each purpose, found again by a first line that nobody sees."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, Literal

from isthmus.forge.errors import ForgeError
from isthmus.forge.forge import Forge

MOST_BYTES: Final = 65_536
"""Of a comment or an issue: what GitHub takes, counted in bytes, which are never fewer than characters."""
LABEL: Final = "isthmus"
_MARKER: Final = re.compile(r"<!-- isthmus-[a-z]+: [A-Za-z0-9._-]{1,100} -->")
Done = Literal["written", "written anew", "closed", "nothing to close"]


def text_of(file: Path) -> tuple[str, str]:
    """The marker of a text and the whole of it; it may come from a job that ran a stranger's change.

    Raises ForgeError where it is none of ours, or too long.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ForgeError(f"{file} cannot be read ({error.strerror})") from None
    if len(content) > MOST_BYTES:
        raise ForgeError(f"{file} has {len(content):,} bytes, and a forge takes {MOST_BYTES:,}")
    text = content.decode(errors="replace")
    marker, _, _ = text.partition("\n")
    if not _MARKER.fullmatch(marker):
        raise ForgeError(
            f"{file} is no text of isthmus: its first line has no marker such as "
            "<!-- isthmus-review: prod -->"
        )
    return marker, text


def comment(forge: Forge, pull_request: int, file: Path) -> Done:
    """Write a comment, or the one that was written before anew. Raises ForgeError."""
    marker, text = text_of(file)
    me = forge.me()
    earlier = next(
        (
            each.number
            for each in forge.comments(pull_request)
            if each.author == me and each.body.startswith(marker)
        ),
        None,
    )
    forge.comment(pull_request, text, earlier)
    return "written" if earlier is None else "written anew"


def issue(forge: Forge, title: str, file: Path, *, over: bool = False) -> Done:
    """Open an issue, write the open one anew, or close it where what it tells is over. Raises ForgeError."""
    marker, text = text_of(file)
    me = forge.me()
    there = [
        each.number for each in forge.issues(LABEL) if each.author == me and each.body.startswith(marker)
    ]
    if not over:
        forge.issue(LABEL, title, text, there[0] if there else None)
        return "written anew" if there else "written"
    for number in there:
        forge.issue(LABEL, title, text, number)
        forge.close(number)
    return "closed" if there else "nothing to close"
