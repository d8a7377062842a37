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
ANSWER = "answer"
ANSWERED: Tensors = {ANSWER: ("bytes", 1)}
"""What a client gets: the whole answer as one JSON object. One tensor instead of eleven is twice as fast."""
