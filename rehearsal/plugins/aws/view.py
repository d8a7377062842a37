"""What the cloud answers, in the words of the inputs it came from.

AWS answers in its own casing and order, and with members the program never set. Seen through the last inputs,
only what differs from them differs: that is drift.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def view(found: Any, known: Any) -> Any:
    """``found`` (an answer's value) in the form of ``known`` (the input's last value)."""
    if known is None:
        return camel(found)
    if isinstance(known, Mapping):
        return _view_mapping(found, known)
    if isinstance(known, (list, tuple)):
        return _view_list(found if isinstance(found, (list, tuple)) else [found], list(known))
    if isinstance(found, (list, tuple)) and len(found) == 1:
        found = found[0]
    if isinstance(known, bool):
        return {"true": True, "false": False}.get(str(found).lower(), found)
    if isinstance(known, str):
        return known if _same_text(known, found) else _text(found)
    if isinstance(known, (int, float)) and isinstance(found, str):
        try:
            return type(known)(found)
        except ValueError:
            return found
    return found


def _view_mapping(found: Any, known: Mapping[str, Any]) -> Any:
    if isinstance(found, (list, tuple)) and len(found) == 1:
        found = found[0]
    if not isinstance(found, Mapping):
        return found
    names = {_bare(name): name for name in found}
    viewed = {}
    for key, old in known.items():
        name = names.get(_bare(key)) or names.get(_bare(key) + "s") or names.get(_bare(key).removesuffix("s"))
        # What the answer leaves out cannot be told from what it never gives.
        viewed[key] = old if name is None else view(found[name], old)
    return viewed


def _view_list(found: list[Any] | tuple[Any, ...], known: list[Any]) -> list[Any]:
    left = list(found)
    viewed: list[Any] = []
    missing: list[int] = []
    for old in known:
        match = next((item for item in left if view(item, old) == old), None)
        if match is None:
            missing.append(len(viewed))
            viewed.append(old)
        else:
            left.remove(match)
            viewed.append(old)
    # In AWS's answers lists are sets: what is left over stands where something is missing.
    for index in reversed(missing):
        if left:
            viewed[index] = view(left.pop(0), viewed[index])
        else:
            del viewed[index]
    return viewed + [view(item, known[0]) if known else camel(item) for item in left]


def camel(value: Any) -> Any:
    """An answer's value with its keys in camelCase."""
    if isinstance(value, Mapping):
        return {key[:1].lower() + key[1:]: camel(item) for key, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        return [camel(item) for item in value]
    return _text(value) if hasattr(value, "isoformat") else value


def same_document(old: Any, new: Any) -> bool:
    """Whether two texts are the same JSON document."""
    if not (isinstance(old, str) and isinstance(new, str) and old[:1] in "{[" and new[:1] in "{["):
        return False
    try:
        return bool(json.loads(old) == json.loads(new))
    except json.JSONDecodeError:
        return False


def _same_text(known: str, found: Any) -> bool:
    if isinstance(found, (Mapping, list)):
        try:
            return bool(json.loads(known) == found)
        except json.JSONDecodeError:
            return False
    return str(found) == known or same_document(known, found)


def _text(found: Any) -> str:
    if isinstance(found, (Mapping, list)):
        return json.dumps(found)
    if isinstance(found, bool):
        return "true" if found else "false"
    return found.isoformat() if hasattr(found, "isoformat") else str(found)


def _bare(name: str) -> str:
    return name.replace("-", "").replace("_", "").lower()


__all__ = ["camel", "same_document", "view"]
