"""Read the inputs of a resource, which others wrote: what is missing, unknown or of another shape is None.

A rule breaks on what it can see. What no one knows before the change is made (the engine's seven marks of an
unknown) or may see (a secret) is never held against a resource.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Final

UNKNOWNS: Final = frozenset(
    {
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
"""pulumi/pulumi sdk/go/common/resource/plugin/rpc.go at v3.259.0."""
UNKNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SECRET: Final = "[secret]"  # noqa: S105 - it stands for one
"""What a preview shows in the place of a secret."""


def hidden(value: object) -> bool:
    """Whether a value is there and cannot be seen."""
    return isinstance(value, str) and (value in UNKNOWNS or value == SECRET)


def at(value: Any, *path: str) -> Any:
    """What stands at a path, down through mappings and texts of JSON; None where nothing does."""
    for key in path:
        if hidden(value):
            return value
        value = parsed(value).get(key) if not isinstance(value, Mapping) else value.get(key)
        if value is None:
            return None
    return value


def parsed(value: object) -> Mapping[str, Any]:
    """The mapping of a text of JSON, or what is a mapping already; else none."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            found = json.loads(value)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}
    return {}


def given(value: Any, *path: str) -> bool:
    """Whether something stands there, also where it cannot be seen."""
    found = at(value, *path)
    return found is not None and found != "" and found != []


def unseen(value: Any, *path: str) -> bool:
    """Whether what stands there, or above it, cannot be seen."""
    return hidden(at(value, *path))


def text(value: Any, *path: str) -> str | None:
    """The text that stands there and can be seen."""
    found = at(value, *path)
    return found if isinstance(found, str) and not hidden(found) else None


def number(value: Any, *path: str) -> float | None:
    """The number that stands there; a text of one is one, too."""
    found = at(value, *path)
    if isinstance(found, bool):
        return None
    if isinstance(found, str):
        try:
            found = float(found)
        except ValueError:
            return None
    return found if isinstance(found, int | float) else None


def true(value: Any, *path: str) -> bool:
    """Whether what stands there is true."""
    return at(value, *path) in (True, "true")


def false(value: Any, *path: str) -> bool:
    """Whether what stands there is false, and not only missing or unknown."""
    return at(value, *path) in (False, "false")


def items(value: Any, *path: str) -> list[Any]:
    """The entries of a list; what stands there alone is a list of one."""
    found = at(value, *path)
    if found is None or hidden(found):
        return []
    if isinstance(found, Sequence) and not isinstance(found, str):
        return [each for each in found if not hidden(each)]
    return [found]


def texts(value: Any, *path: str) -> list[str]:
    """The texts of a list, or the one text that stands there."""
    return [each for each in items(value, *path) if isinstance(each, str)]


def network(value: Any, *path: str) -> IPv4Network | IPv6Network | None:
    """The network that stands there."""
    try:
        return ip_network(text(value, *path) or "", strict=False)
    except ValueError:
        return None


def open_to_all(value: Any, *path: str) -> bool:
    """Whether what stands there is every address."""
    found = network(value, *path)
    return found is not None and found.prefixlen == 0
