"""The outputs of the model ``recommend``, read into answers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from isthmus_client.answer import Answer, Bought, Product, Reason
from isthmus_client.errors import NotTriton
from isthmus_client.interface import ANSWER

_REASONS: dict[str, Reason] = {"personal": "personal", "context": "context"}


def answers(
    asked: Sequence[str], outputs: dict[str, Any], milliseconds: float, url: str
) -> tuple[Answer, ...]:
    """An answer for each customer that was asked for. Raises NotTriton where the outputs cannot be read."""
    try:
        return tuple(
            _answer(customer, json.loads(outputs[ANSWER][row][0]), milliseconds)
            for row, customer in enumerate(asked)
        )
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise NotTriton(
            f"what answers at {url} is no Triton server of isthmus: its answer cannot be read "
            f"({type(error).__name__}: {error}); `isthmus status` shows the servers of the rehearsal"
        ) from None


def _answer(customer: str, told: dict[str, Any], milliseconds: float) -> Answer:
    """The answer of one JSON object; scores are numbers as JSON has them, or a TypeError."""
    return Answer(
        customer=customer,
        products=tuple(
            Product(one["code"], one["description"], float(one["score"]), _reason(one["reason"]))
            for one in told["products"]
        ),
        bought=tuple(Bought(one["code"], one["description"]) for one in told["bought"]),
        bought_count=int(told["bought_count"]),
        known=told["reason"] == "personal",
        reason=_reason(told["reason"]),
        milliseconds=milliseconds,
        release=told["release"],
        fewer=told["fewer"],
        context=told["context"],
    )


def _reason(text: str) -> Reason:
    return _REASONS.get(text, "popular")
