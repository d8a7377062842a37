"""Properties on the wire and as plain Python values.

A backend sees plain values and UNKNOWN. Where secrets were is kept apart, as paths, and put back on the way
out: at the same path where it still exists, else on the whole top-level key. A list counts as one value, so
that a list which changed its order cannot lay a secret bare. A string that contains a secret string is secret
wherever it turns up (``tagsAll`` repeats ``tags``; a document may embed a key).

Assets and archives pass through as the dictionaries they are on the wire.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import struct_pb2

from rehearsal.plugins.backend import UNKNOWN, Properties, Unknown, Value
from rehearsal.plugins.protocol import (
    OUTPUT,
    RESOURCE,
    SECRET,
    SIGNATURE,
    UNKNOWN_TEXT,
    UNKNOWN_TEXTS,
)

# Shorter secret strings are compared whole: nearly every text contains an "a".
_CONTAINED = 6


@dataclass(frozen=True)
class Decoded:
    """Plain values and where secrets were: paths of keys, and the secret strings themselves."""

    values: Properties
    secret_paths: frozenset[tuple[str, ...]] = frozenset()
    secret_texts: frozenset[str] = field(default=frozenset(), repr=False)

    def with_values(self, values: Properties) -> Decoded:
        return Decoded(values, self.secret_paths, self.secret_texts)

    def with_secrets_of(self, *others: Decoded) -> Decoded:
        paths = self.secret_paths.union(*(o.secret_paths for o in others))
        texts = self.secret_texts.union(*(o.secret_texts for o in others))
        return Decoded(self.values, paths, texts)

    def with_secret_keys(self, keys: Iterable[str]) -> Decoded:
        return Decoded(self.values, self.secret_paths | {(k,) for k in keys}, self.secret_texts)


def decode(struct: struct_pb2.Struct) -> Decoded:
    paths: set[tuple[str, ...]] = set()
    texts: set[str] = set()
    values = {key: _decode(value, (key,), False, paths, texts) for key, value in struct.fields.items()}
    return Decoded(values, frozenset(paths), frozenset(texts))


def _decode(
    value: struct_pb2.Value, path: tuple[str, ...], secret: bool, paths: set[tuple[str, ...]], texts: set[str]
) -> Value:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        text = value.string_value
        if text in UNKNOWN_TEXTS:
            return UNKNOWN
        if secret and text:
            texts.add(text)
        return text
    if kind == "bool_value":
        return value.bool_value
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "list_value":
        inner: set[tuple[str, ...]] = set()
        items = [_decode(item, path, secret, inner, texts) for item in value.list_value.values]
        if inner:
            paths.add(path)
        return items
    if kind == "struct_value":
        fields = value.struct_value.fields
        signature = fields[SIGNATURE].string_value if SIGNATURE in fields else None
        if signature == SECRET:
            paths.add(path)
            return _decode(fields["value"], path, True, paths, texts)
        if signature == OUTPUT:
            secret = secret or ("secret" in fields and fields["secret"].bool_value)
            if secret:
                paths.add(path)
            return _decode(fields["value"], path, secret, paths, texts) if "value" in fields else UNKNOWN
        if signature == RESOURCE:
            return fields["id"].string_value if "id" in fields else fields["urn"].string_value
        return {key: _decode(item, (*path, key), secret, paths, texts) for key, item in fields.items()}
    return None


def encode(decoded: Decoded) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    whole: set[tuple[str, ...]] = set()
    for path in decoded.secret_paths:
        if path[0] in decoded.values:
            whole.add(path if _exists(decoded.values, path) else path[:1])
    long = tuple(t for t in decoded.secret_texts if len(t) >= _CONTAINED)
    for key, value in decoded.values.items():
        _encode(value, (key,), struct.fields[key], whole, decoded.secret_texts, long, False)
    return struct


def _exists(values: Any, path: tuple[str, ...]) -> bool:
    for key in path:
        if not isinstance(values, Mapping) or key not in values:
            return False
        values = values[key]
    return True


def _encode(
    value: Value,
    path: tuple[str, ...] | None,
    into: struct_pb2.Value,
    secret_paths: set[tuple[str, ...]],
    texts: frozenset[str],
    long: tuple[str, ...],
    inside: bool,
) -> None:
    is_secret = path in secret_paths or (
        isinstance(value, str) and (value in texts or any(text in value for text in long))
    )
    if is_secret and not inside:
        into.struct_value.fields[SIGNATURE].string_value = SECRET
        into = into.struct_value.fields["value"]
        inside = True
    if isinstance(value, Unknown):
        into.string_value = UNKNOWN_TEXT
    elif value is None:
        into.null_value = struct_pb2.NULL_VALUE
    elif isinstance(value, bool):
        into.bool_value = value
    elif isinstance(value, (int, float)):
        into.number_value = value
    elif isinstance(value, str):
        into.string_value = value
    elif isinstance(value, Mapping):
        into.struct_value.SetInParent()
        for key, item in value.items():
            below = (*path, key) if path is not None else None
            _encode(item, below, into.struct_value.fields[key], secret_paths, texts, long, inside)
    elif isinstance(value, (list, tuple)):
        into.list_value.SetInParent()
        for item in value:
            _encode(item, None, into.list_value.values.add(), secret_paths, texts, long, inside)
    else:
        raise TypeError(f"a property holds a {type(value).__name__}, which the protocol cannot carry")


def contains_unknown(value: Value) -> bool:
    if isinstance(value, Unknown):
        return True
    if isinstance(value, Mapping):
        return any(contains_unknown(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return any(contains_unknown(item) for item in value)
    return False


__all__ = ["Decoded", "contains_unknown", "decode", "encode"]
