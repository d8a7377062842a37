"""Requests that nobody should send, nearly right ones and broken ones; Triton's are in ``tensors.py``."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

CUSTOMERS = ["nobody", "1" * 32, "", "x" * 3000, "\x00", "ÄÖ", "'; DROP TABLE", "../../etc"]
NUMBERS: list[Any] = [0, -1, 1, 3, 2**31 - 1, 2**31, -(2**63), 2**70, 1.5, 1e308, float("nan"), float("inf")]
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
        for name in rng.sample(
            ["customers", "products", "only_new", "exclude", "explain", "other"], rng.choice([0, 1, 2])
        ):
            body[name] = rng.choice([leaf(rng), [leaf(rng)] * rng.randrange(80)])
        path = "/v1/recommendations"
    text = json.dumps(body).encode()
    return path, broken(rng, text) if rng.random() < 0.3 else text


def many(seed: int, count: int, make: Callable[[random.Random], Any]) -> Iterator[Any]:
    """``count`` of them, the same for the same seed."""
    rng = random.Random(seed)  # noqa: S311 - these are no secrets
    return (make(rng) for _ in range(count))
