"""Requests that nobody should send: nearly right ones, broken ones, and far too large ones."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from tritonclient.grpc import service_pb2

CUSTOMERS = ["nobody", "1" * 32, "", "x" * 3000, "\x00", "ÄÖ", "'; DROP TABLE", "../../etc"]
NUMBERS: list[Any] = [0, -1, 1, 3, 2**31 - 1, 2**31, -(2**63), 2**70, 1.5, 1e308, float("nan"), float("inf")]
TYPES = ["BYTES", "INT32", "INT64", "FP32", "FP64", "BOOL", "UINT8", "STRING", "", "FP16"]
BROKEN = [
    b"",
    b"{",
    b"null",
    b"[]",
    b"NaN",
    b"[" * 20_000,
    b'{"a":' * 5_000,
    b"\xff\xfe{\x00}\x00",
    b"\x00" * 500,
]
SHAPES = [[1, 1], [2, 1], [1], [], [-1, 1], [2**31, 2**31], [2**40, 2**40], [2**31, 1], [0, 1]]
LARGE = 100_000_000


def leaf(rng: random.Random) -> Any:
    """A value that belongs nowhere."""
    return rng.choice([None, True, [], {}, rng.choice(NUMBERS), rng.choice(CUSTOMERS), rng.random() * 1e300])


def broken(rng: random.Random, whole: bytes) -> bytes:
    """Bytes cut off, doubled, turned round, or of another kind."""
    if rng.random() < 0.3 or not whole:
        return rng.choice([*BROKEN, rng.randbytes(rng.randrange(400))])
    place = rng.randrange(len(whole))
    return rng.choice(
        [
            whole[:place],
            whole + whole,
            whole[:place] + rng.randbytes(3) + whole[place:],
            whole[:place] + bytes([whole[place] ^ (1 << rng.randrange(8))]) + whole[place + 1 :],
        ]
    )


def for_the_front(rng: random.Random) -> tuple[str, bytes]:
    """A path and a body."""
    if rng.random() < 0.3:
        event = {"event": "shown", "customer": "1" * 32, "product": "P1", "at": "2026-11-28T12:00:00Z"}
        event[rng.choice([*event])] = leaf(rng)
        body: Any = {"key": rng.choice(["abcdef", leaf(rng)]), "events": [event] * rng.randrange(4)}
        path = "/v1/feedback"
    else:
        body = {"customer": rng.choice(CUSTOMERS), "count": rng.choice([3, leaf(rng)])}
        for name in rng.sample(["customers", "products", "only_new", "exclude", "explain", "other"], 2):
            body[name] = rng.choice([leaf(rng), [leaf(rng)] * rng.randrange(80)])
        path = "/v1/recommendations"
    text = json.dumps(body).encode()
    return path, broken(rng, text) if rng.random() < 0.3 else text


def by_http(rng: random.Random) -> tuple[bytes, dict[str, str]]:
    """A body for Triton's HTTP, and headers."""

    def tensor(name: str, kind: str, right: Any) -> dict[str, Any]:
        wrong = rng.random() < 0.4
        return {
            "name": rng.choice([name, "other"]) if wrong else name,
            "datatype": rng.choice(TYPES) if wrong else kind,
            "shape": rng.choice(SHAPES) if wrong else [1, 1],
            "data": rng.choice([[right], [], [leaf(rng)], leaf(rng)]) if wrong else [right],
        }

    question = {
        "inputs": [
            tensor("customer", "BYTES", rng.choice(CUSTOMERS)),
            tensor("k", "INT32", rng.choice(NUMBERS[:4])),
            tensor("only_new", "BOOL", True),
        ][: rng.choice([3, 3, 3, 2, 0])]
    }
    text = json.dumps(question).encode()
    headers = {}
    if rng.random() < 0.2:
        headers["Inference-Header-Content-Length"] = str(
            rng.choice([0, 5, len(text), len(text) + 9, -1, 2**40])
        )
    return (broken(rng, text) if rng.random() < 0.3 else text), headers


def by_grpc(rng: random.Random) -> bytes:
    """A ModelInferRequest, or what is nearly one."""
    request = service_pb2.ModelInferRequest(
        model_name=rng.choice(["recommend", "recommend", "answer", "", "no"])
    )
    for name, kind, content in (
        ("customer", "BYTES", b"\x06\0\0\0nobody"),
        ("k", "INT32", np.array([rng.choice([0, -5, 3, 2**31 - 1])], np.int32).tobytes()),
        ("only_new", "BOOL", b"\x01"),
    ):
        wrong = rng.random() < 0.3
        one = request.inputs.add(name=name, datatype=rng.choice(TYPES) if wrong else kind)
        one.shape.extend(rng.choice(SHAPES) if wrong else [1, 1])
        if not wrong or rng.random() < 0.8:
            request.raw_input_contents.append(rng.randbytes(rng.randrange(30)) if wrong else content)
    whole = request.SerializeToString()
    return broken(rng, whole) if rng.random() < 0.3 else whole


def many(seed: int, count: int, make: Callable[[random.Random], Any]) -> Iterator[Any]:
    """``count`` of them, the same for the same seed."""
    rng = random.Random(seed)  # noqa: S311 - these are no secrets
    return (make(rng) for _ in range(count))
