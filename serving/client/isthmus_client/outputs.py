"""The outputs of the model ``recommend``, read into answers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from isthmus_client.answer import Answer, Bought, Product, Reason
from isthmus_client.errors import NotTriton
from isthmus_client.interface import ANSWERED, LATER, PACKED

_REASONS: dict[str, Reason] = {"personal": "personal", "context": "context"}


def answers(
    asked: Sequence[str], outputs: dict[str, Any], milliseconds: float, url: str
) -> tuple[Answer, ...]:
    """An answer for each customer that was asked for. Raises NotTriton where the outputs cannot be read."""
    try:
        packed = outputs.get(PACKED)
        if packed is not None:
            return tuple(
                _unpacked(customer, json.loads(packed[row][0]), milliseconds)
                for row, customer in enumerate(asked)
            )
        return tuple(
            _answer(customer, _row(outputs, row), milliseconds) for row, customer in enumerate(asked)
        )
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise NotTriton(
            f"what answers at {url} is no Triton server of isthmus: its answer cannot be read "
            f"({type(error).__name__}: {error}); `isthmus status` shows the servers of the rehearsal"
        ) from None


def _unpacked(customer: str, told: dict[str, Any], milliseconds: float) -> Answer:
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


def _row(outputs: dict[str, Any], row: int) -> dict[str, Any]:
    """One customer's part of the outputs; servers of earlier releases lack some."""
    return {
        name: outputs[name][row]
        for name in ANSWERED
        if name != PACKED and (name not in LATER or outputs.get(name) is not None)
    }


def _answer(customer: str, row: dict[str, Any], milliseconds: float) -> Answer:
    items, bought = _texts(row["items"]), _texts(row["bought"])
    reasons = _texts(row["reasons"])
    described = _texts(row["descriptions"], keep_empty=True)
    return Answer(
        customer=customer,
        products=tuple(
            Product(code, described[i], float(row["scores"][i]), _reason(reasons[i]))
            for i, code in enumerate(items)
        ),
        bought=tuple(
            Bought(code, text)
            for code, text in zip(bought, _texts(row["bought_descriptions"], keep_empty=True), strict=False)
        ),
        bought_count=int(row["bought_count"][0]),
        known=_texts(row["reason"])[0] == "personal",
        reason=_reason(_texts(row["reason"])[0]),
        milliseconds=milliseconds,
        release=_texts(row["release"])[0],
        fewer=row["fewer"][0].decode() if "fewer" in row else "",
        context=row["context"][0].decode() if "context" in row else "",
    )


def _texts(values: Any, keep_empty: bool = False) -> list[str]:
    # Rows of a batch are padded with the empty text at their end; a description may be empty in itself.
    return [value.decode() for value in values if value or keep_empty]


def _reason(text: str) -> Reason:
    return _REASONS.get(text, "popular")
