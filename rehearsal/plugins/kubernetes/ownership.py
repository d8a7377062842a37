"""Who owns which field of an object, as pulumi-kubernetes wants it.

v4.32.0, provider/pkg/await/await.go; read 2026-11-28. The functions that are named here are its own.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from rehearsal.plugins.kubernetes import paths

Object = dict[str, Any]

CREATOR: Final = "pulumi-kubernetes"
"""Who creates; an update takes its fields over."""
_PREFIX: Final = f"{CREATOR}-"
# fixCSAFieldManagers: whose fields the plugin makes its own before it applies, by how their names begin.
_TAKEN_OVER: Final = (
    ("kubectl", "Apply"),
    ("kubectl", "Update"),
    ("before-first-apply", "Update"),
    (CREATOR, "Update"),
)


def manager_of(live: Object, urn: str) -> str:
    """As whom an object is applied: a name that no other resource applies by.

    The plugin draws one and keeps it in the state; here the object itself says it, once it was applied.
    """
    for entry in _entries(live):
        if entry["operation"] == "Apply" and entry["manager"].startswith(_PREFIX):
            return str(entry["manager"])
    return _PREFIX + hashlib.sha256(urn.encode()).hexdigest()[:8]


def taken_over(live: Object, manager: str) -> list[Object]:
    """The JSON patch that gives a manager the fields of those whose place it takes; [] where there are none.

    As fluxcd/pkg/ssa, ``PatchReplaceFieldsManagers`` (v0.84.0, patch.go; read 2026-11-28).
    """
    kept: list[Object] = []
    fields: Object = {}
    found = False
    for entry in _entries(live):
        ours = entry["manager"] == manager and entry["operation"] == "Apply"
        if ours or _is_taken_over(entry):
            fields, found = _union(fields, entry.get("fieldsV1", {})), found or not ours
        else:
            kept.append(entry)
    if not found:
        return []
    mine = {
        "manager": manager,
        "operation": "Apply",
        "apiVersion": live["apiVersion"],
        "time": live["metadata"]["creationTimestamp"],
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
    }
    # The version says which object was looked at: who changed it since is not to be written over.
    version = {
        "op": "replace",
        "path": "/metadata/resourceVersion",
        "value": live["metadata"]["resourceVersion"],
    }
    return [{"op": "replace", "path": "/metadata/managedFields", "value": [mine, *kept]}, version]


def is_forced_in_preview(live: Object) -> bool:
    """Whether a preview takes fields by force: what an update would take over first (``patchForce``)."""
    return any(entry["manager"] == CREATOR and entry["operation"] == "Update" for entry in _entries(live))


def without_ignored(object: Object, live: Object, ignored: Sequence[str], manager: str) -> Object:
    """An object as it is applied where its program ignores changes of some fields.

    What somebody else owns alone is not said, what is there otherwise is said as it is
    (``handleSSAIgnoreFields``).
    """
    for path in ignored:
        theirs = any(_has(e, path) for e in _entries(live) if e["manager"] != manager)
        ours = any(_has(e, path) for e in _entries(live) if e["manager"] == manager)
        if theirs and not ours:
            object = _dropped(object, path.split("."))
        elif (there := paths.at(live, path)) is not None:
            object = paths.put(object, path, there)
    return object


def _entries(live: Object) -> Iterator[Object]:
    yield from live["metadata"].get("managedFields") or ()


def _is_taken_over(entry: Object) -> bool:
    # kubectl-edit among them, but not what `kubectl scale` sets: that is of a subresource.
    return not entry.get("subresource") and any(
        entry["manager"].startswith(name) and entry["operation"] == operation
        for name, operation in _TAKEN_OVER
    )


def _union(one: Mapping[str, Any], other: Mapping[str, Any]) -> Object:
    merged = copy.deepcopy(dict(one))
    for key, inner in other.items():
        merged[key] = _union(merged.get(key, {}), inner)
    return merged


def _has(entry: Object, path: str) -> bool:
    fields = entry.get("fieldsV1", {})
    for key in path.split("."):
        fields = fields.get(f"f:{key}")
        if fields is None:
            return False
    return True


def _dropped(object: Object, path: Sequence[str]) -> Object:
    key, *rest = path
    if key not in object:
        return object
    if not rest:
        return {name: value for name, value in object.items() if name != key}
    inner = object[key]
    return {**object, key: _dropped(inner, rest)} if isinstance(inner, dict) else object
