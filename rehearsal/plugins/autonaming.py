"""Names that the program did not give, made as Pulumi's own providers do: ``<resource name>-<7 hex digits>``.

Which inputs were made stands beside them under ``__defaults``, as the bridged providers keep it, so that a
made name survives updates and can change in a replacement.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping

from rehearsal.plugins.backend import Properties

_MARK = "__defaults"
_DIGITS = 7


def fill(
    limits: Mapping[str, int], name: str, olds: Properties, news: Properties, seed: bytes
) -> tuple[Properties, frozenset[str]]:
    """Inputs with every missing name filled in, and the keys made. ``seed`` empty: a random name."""
    inputs, made_now = plain(news), set()
    for key, longest in limits.items():
        if inputs.get(key) is not None:
            continue
        if key in made(olds) and olds.get(key):
            inputs[key] = olds[key]
        else:
            digits = hashlib.sha256(seed or os.urandom(16)).hexdigest()[:_DIGITS]
            inputs[key] = f"{name[: longest - _DIGITS - 1]}-{digits}"
        made_now.add(key)
    return inputs, frozenset(made_now)


def made(inputs: Properties) -> frozenset[str]:
    marked_keys = inputs.get(_MARK)
    return (
        frozenset(k for k in marked_keys if isinstance(k, str))
        if isinstance(marked_keys, list)
        else frozenset()
    )


def marked(inputs: Properties, keys: frozenset[str]) -> Properties:
    return {**inputs, _MARK: sorted(keys)} if keys else inputs


def plain(inputs: Properties) -> Properties:
    """Without what the protocol keeps for itself."""
    return {key: value for key, value in inputs.items() if not key.startswith("__")}


def all_made(limits: Mapping[str, int], inputs: Properties) -> bool:
    """Whether every name of the type was made: then no replacement can collide with what it replaces."""
    return bool(limits) and set(limits) <= made(inputs)


__all__ = ["all_made", "fill", "made", "marked", "plain"]
