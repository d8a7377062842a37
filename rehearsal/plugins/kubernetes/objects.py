"""Objects as the program gives them and as its state shows them, and what a change of them means."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
from collections.abc import Mapping, Set
from typing import Any, Final

from rehearsal.plugins.backend import UNKNOWN, Change, Properties, Resource, Unknown
from rehearsal.plugins.kubernetes import paths
from rehearsal.plugins.kubernetes.rows import Kind, wire_version

AUTONAMED: Final = "pulumi.com/autonamed"
REPLACE_UNREADY: Final = "pulumi.com/replaceUnready"
PATCH_FORCE: Final = "pulumi.com/patchForce"
_IDENTITY = ("apiVersion", "kind", "metadata.name", "metadata.namespace")
_HEX_DIGITS = 7


def named(row: Kind, resource: Resource, namespace: str) -> Properties:
    """The object that a program's inputs speak of, with what the plugin adds: its kind, its namespace, and a
    name where it has none.
    """
    object = copy.deepcopy(resource.inputs)
    object["apiVersion"], object["kind"] = wire_version(row.api_version), row.kind
    metadata = object.setdefault("metadata", {})
    if isinstance(metadata, dict):
        if row.namespaced:
            metadata.setdefault("namespace", namespace)
        if not metadata.get("name") and not isinstance(metadata.get("name"), Unknown):
            metadata["name"] = autoname(resource, row, object)
            if isinstance(annotations := metadata.setdefault("annotations", {}), dict):
                annotations[AUTONAMED] = "true"
    return object


def autoname(resource: Resource, row: Kind, inputs: Properties) -> Any:
    """``<name>-<7 hex digits>``: another one exactly when a field changes that replaces the object, so
    that the new object never collides with the old one."""
    kept = [paths.at(inputs, path) for path in row.replaces]
    try:
        text = json.dumps([resource.urn, kept], sort_keys=True)
    except TypeError:
        return UNKNOWN  # an output among them
    return f"{resource.name}-{hashlib.sha256(text.encode()).hexdigest()[:_HEX_DIGITS]}"


def change(row: Kind, old: Resource, new: Resource, mutable: Set[str], *, unready: bool) -> Change:
    """What an update of a resource changes, and what of that replaces it.

    Args:
        row: of its kind.
        old: as it was.
        new: as it shall be.
        mutable: kinds whose content the provider is told to update in place.
        unready: whether it is to be made again for what has become of it.
    """
    keys = {*old.inputs, *new.inputs}
    changed = {key for key in keys if old.inputs.get(key) != new.inputs.get(key)}
    paths = [*_IDENTITY, *_immutable(row, old, mutable)]
    replaces = {path.partition(".")[0] for path in paths if _differ(path, old.inputs, new.inputs)}
    if unready:
        changed.add("metadata")
        replaces.add("metadata")
    # As pulumi-kubernetes: two objects of one name cannot stand side by side, others can.
    collides = not any(
        _differ(path, old.inputs, new.inputs) for path in ("metadata.name", "metadata.namespace")
    )
    return Change(frozenset(changed), frozenset(replaces), bool(replaces) and collides)


def _immutable(row: Kind, old: Resource, mutable: Set[str]) -> tuple[str, ...]:
    sealed = old.inputs.get("immutable") is True
    if row.kind in mutable and not sealed:
        return tuple(path for path in row.replaces if path == "type")
    return row.replaces


def _differ(path: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    before, after = paths.at(old, path), paths.at(new, path)
    return bool(before != after)


def previewed(resource: Resource) -> Properties:
    """Outputs of an object that nobody can ask about yet."""
    return without_uncertain({**resource.inputs})


def without_uncertain(shown: Properties) -> Properties:
    """The same with UNKNOWN for what is decided when the object is made."""
    metadata = shown.get("metadata")
    outputs: Properties = {**shown, "status": UNKNOWN}
    if isinstance(metadata, Mapping):
        unknown = ("creationTimestamp", "generation", "resourceVersion", "uid")
        outputs["metadata"] = {**metadata, **dict.fromkeys(unknown, UNKNOWN)}
    return outputs


def plain_text(object: Mapping[str, Any], inputs: Mapping[str, Any]) -> Properties:
    """A Secret's ``stringData`` as its inputs have it: the API server keeps ``data`` alone. {} elsewhere."""
    if object.get("kind") != "Secret" or not isinstance(inputs.get("stringData"), Mapping):
        return {}
    data = object.get("data") or {}
    return {
        "stringData": {
            key: base64.b64decode(data[key]).decode() for key in inputs["stringData"] if key in data
        }
    }


def annotation(object: Mapping[str, Any], name: str) -> str:
    """An annotation's text, "" where it has none that is known."""
    found = paths.at(object, "metadata.annotations")
    text = found.get(name) if isinstance(found, Mapping) else None
    return text if isinstance(text, str) else ""


def asks_replacement(row: Kind, new: Resource) -> bool:
    """Whether a Job says that it is to be made again unless it has completed.

    As pulumi-kubernetes reads it, also of a Job that runs (v4.32.0, provider/pkg/provider/provider.go,
    ``Diff``; read 2026-11-27).
    """
    return row.kind == "Job" and annotation(new.inputs, REPLACE_UNREADY) == "true"


def id_of(object: Mapping[str, Any]) -> str:
    """``namespace/name`` or ``name``: how the state calls an object."""
    metadata = object["metadata"]
    return f"{metadata['namespace']}/{metadata['name']}" if metadata.get("namespace") else metadata["name"]


def split(id: str) -> tuple[str, str]:
    """Name and namespace of an id, ``namespace/name`` or ``name``."""
    namespace, _, name = id.rpartition("/")
    return name, namespace
