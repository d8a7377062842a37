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
    "fewer": ("bytes", 1),
}
"""What a client gets."""
