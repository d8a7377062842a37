"""What a container would get from its kernel and its DNS, written into its words instead.

Processes of a rehearsal share this machine's files and names. So ``$(VAR)`` is expanded as Kubernetes does,
mount paths become the pod's own folders, and the cluster's DNS names become addresses, wherever they stand in
a command, an argument or a variable.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_REFERENCE = re.compile(r"\$\$|\$\(([-._a-zA-Z][-._a-zA-Z0-9]*)\)")
_HOST = re.compile(r"(?:(?<=//)|(?<![\w./-]))[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?(?::(\d+))?(?![\w-])")


def expand(text: str, variables: Mapping[str, str]) -> str:
    """``$(NAME)`` becomes its value, ``$$`` one dollar sign; a reference to nothing stays as it is."""

    def value(match: re.Match[str]) -> str:
        if match.group() == "$$":
            return "$"
        return variables.get(match.group(1), match.group())

    return _REFERENCE.sub(value, text)


def move_paths(text: str, places: Mapping[str, str], stays: Callable[[str], bool] = lambda _: False) -> str:
    """Every path at or below a key of ``places`` (absolute, a mount path) goes below its value instead.

    A path begins where no word, dot or slash stands before it (``file://`` excepted) and must end where the
    mount path's last name ends; the longest mount path wins. ``stays`` says of a whole path, as it stands,
    that it is this machine's own.
    """
    mounts = sorted((mount.rstrip("/") for mount in places if mount.rstrip("/")), key=len, reverse=True)
    if not mounts:
        return text
    moved = {mount.rstrip("/"): place.rstrip("/") for mount, place in places.items()}
    pattern = re.compile(
        r"(?:(?<=file://)|(?<![\w./@~-]))"
        rf"({'|'.join(map(re.escape, mounts))})(?![\w@~-]|\.[\w])"
        r"([^\s,;:'\"]*)"
    )
    return pattern.sub(
        lambda match: match.group() if stays(match.group()) else moved[match.group(1)] + match.group(2), text
    )


def resolve_hosts(text: str, lookup: Callable[[str, int | None], str | None]) -> str:
    """Replace DNS names of the cluster by addresses.

    ``lookup(name, port)`` answers ``address`` or ``address:port`` for a name of the cluster's, else None.
    A name of one label counts only before a port or after ``//``: ``train`` may be a word like any other.
    """

    def address(match: re.Match[str]) -> str:
        port = match.group(1)
        name = match.group().partition(":")[0]
        if "." not in name and port is None and not text[: match.start()].endswith("//"):
            return match.group()
        found = lookup(name.rstrip("."), int(port) if port else None)
        if found is None:
            return match.group()
        return found if ":" in found or port is None else f"{found}:{port}"

    return _HOST.sub(address, text)
