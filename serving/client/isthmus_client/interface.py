"""The interface of the model ``recommend``, which clients ask and the model repository is built for."""

from __future__ import annotations

from collections.abc import Mapping

MODEL = "recommend"
MAX_BATCH_SIZE = 64
"""Customers in one request, and in one batch that Triton makes of many requests."""
KEY_PARAMETER = "pseudonym_key"
"""In the configuration of every model: the id of the key that customers are named with."""

Tensors = Mapping[str, tuple[str, int | tuple[int, ...]]]
"""Name -> element type, length or shape (-1: differs between requests)."""

ASKED: Tensors = {"customer": ("bytes", 1), "k": ("int32", 1), "only_new": ("bool", 1)}
"""What a client sends."""
CONTEXT: Tensors = {"basket": ("bytes", -1), "viewed": ("bytes", -1), "time": ("bytes", 1)}
"""What a client may send besides, each of them or not."""
PACKED = "packed"
"""Output, bytes [1]: the whole answer as one JSON object. One tensor instead of eleven is twice as fast."""
ANSWERED: Tensors = {
    "items": ("bytes", -1),
    "descriptions": ("bytes", -1),
    "scores": ("float32", -1),
    "reasons": ("bytes", -1),
    "bought": ("bytes", -1),
    "bought_descriptions": ("bytes", -1),
    "bought_count": ("int32", 1),
    "reason": ("bytes", 1),
    "release": ("bytes", 1),
    "context": ("bytes", 1),
    "fewer": ("bytes", 1),
    PACKED: ("bytes", 1),
}
"""What a client gets."""
LATER = frozenset({"fewer", "context", PACKED})
"""Outputs that servers of earlier releases lack."""
