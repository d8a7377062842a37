"""Inputs of two previews, compared: what a preview does not know, what it made up, and what may be shown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from infra.review.change.change import Property
from infra.review.resource import Resource

NOT_KNOWN: Final = frozenset(
    {
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
"""How the engine writes a value that only the change itself will tell (pulumi/pulumi
sdk/go/common/resource/plugin/rpc.go, v3.259.0, read 2026-11-28)."""
HIDDEN: Final = "[secret]"
"""How a preview writes a secret."""
LATER: Final = "(known later)"
LONGEST: Final = 120
SIGNATURE: Final = ("4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270")
"""Key and value by which the engine tells a secret in a state or a call (pulumi/pulumi
sdk/go/common/resource/sig.go)."""
_SECRETIVE: Final = re.compile(
    r"(password|passwd|passphrase|secret|token|api[_-]?key|private[_-]?key|(preshared|shared|access)[_-]?key"
    r"|credentials?)$",
    re.IGNORECASE,
)
"""Names of inputs and variables whose text is shown to nobody, called secret by the program or not."""
_CONTENTS: Final = {"kubernetes:core/v1:Secret": ("data", "stringData", "binaryData")}
"""By type, inputs that are secret as a whole."""

_MADE: Final = "__defaults"
_MADE_NAME: Final = re.compile(r"[A-Za-z0-9_.-]+-[0-9a-f]{7}(?![0-9a-zA-Z])")


def made_names(resources: Mapping[str, Resource]) -> Mapping[str, str]:
    """Names that a provider made up by chance in this preview, and what stands for each in a comparison."""
    found = {}
    for resource in resources.values():
        keys = resource.inputs.get(_MADE)
        for key in keys if isinstance(keys, list) else ():
            value = resource.inputs.get(key) if isinstance(key, str) else None
            if isinstance(value, str):
                found[value] = f"{resource.name}-*"
    return found


def settled(value: Any, names: Mapping[str, str]) -> Any:
    """A value in which names that chance made are alike in every preview, and JSON in a text is read."""
    if isinstance(value, Mapping):
        return {key: settled(item, names) for key, item in value.items() if not key.startswith("__")}
    if isinstance(value, list):
        return [settled(item, names) for item in value]
    if not isinstance(value, str):
        return value
    text = _MADE_NAME.sub(lambda found: names.get(found[0], found[0]), value) if names else value
    if text[:1] in ("{", "["):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    return text


def of_resource(before: Resource, after: Resource, names: Mapping[str, str]) -> list[Property]:
    """Every input of a resource that differs."""
    contents = _CONTENTS.get(after.type, ())
    return [
        Property(each.path, HIDDEN, HIDDEN) if each.path.partition(".")[0] in contents else each
        for each in differences(settled(before.inputs, names), settled(after.inputs, names))
    ]


def differences(before: Any, after: Any, path: str = "", *, secret: bool = False) -> Iterator[Property]:
    """Every leaf that differs; lists of one length are compared by place, others as a whole."""
    if before == after and type(before) is type(after):
        return
    if secret or _signed(before) or _signed(after):
        yield Property(path, HIDDEN, HIDDEN)
    elif isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys((*before, *after)):
            one, other = before.get(key), after.get(key)
            hides = _hides(before, key, one) or _hides(after, key, other)
            yield from differences(one, other, f"{path}.{key}" if path else str(key), secret=hides)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from differences(one, other, f"{path}[{index}]")
    elif before != after or isinstance(before, bool) != isinstance(after, bool):
        yield Property(path, shown(before), shown(after))


def _signed(value: Any) -> bool:
    return isinstance(value, Mapping) and value.get(SIGNATURE[0]) == SIGNATURE[1]


def secretive(name: str) -> bool:
    """Whether a text of that name is shown to nobody."""
    return _SECRETIVE.search(name) is not None


def _hides(above: Mapping[str, Any], key: object, value: Any) -> bool:
    """Whether a text is secret by its own name, or by that of the variable whose value it is."""
    if not isinstance(value, str) or value in NOT_KNOWN:
        return False
    name = above.get("name") if key == "value" else key
    return isinstance(name, str) and secretive(name)


def unknown(value: Any) -> bool:
    """Whether a part of a value is known only once the change is made."""
    if isinstance(value, Mapping):
        return any(map(unknown, value.values()))
    if isinstance(value, list):
        return any(map(unknown, value))
    return isinstance(value, str) and value in NOT_KNOWN


def shown(value: Any) -> str:
    """A value on one line, cut; "" for none."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(_told(value), ensure_ascii=False)
    text = " ".join((LATER if text in NOT_KNOWN else text).split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def _told(value: Any) -> Any:
    if _signed(value) or (isinstance(value, Mapping) and set(value) == {"secure"}):
        return HIDDEN
    if isinstance(value, Mapping):
        return {key: HIDDEN if _hides(value, key, item) else _told(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_told(item) for item in value]
    return LATER if isinstance(value, str) and value in NOT_KNOWN else value
