"""A front that listens, in a thread of the test, and a client that asks it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import uvicorn

from serving.front.app import Front, build
from serving.front.settings import FrontSettings, read_settings

PATIENT = {"hedge_after_s": 0.1, "answer_s": 60.0, "receive_s": 60.0, "drain_s": 0.0}
"""For fronts that are to answer by a model, however busy the machine is."""
QUICK = {**PATIENT, "answer_s": 0.5}
"""For fronts of which no model is to answer."""
NOBODY = "grpc://127.0.0.1:9"
"""Nothing listens there."""


def settings(*triton: str, **given: Any) -> FrontSettings:
    values = {"anonymous": not (given.get("keys") or given.get("tokens")), "times": PATIENT, **given}
    return read_settings(None, {"triton": triton, **values})


@contextmanager
def running(front: Front) -> Iterator[httpx.Client]:
    """A client of the front, which runs for the time of the block."""
    config = uvicorn.Config(
        build(front), port=0, http="httptools", ws="none", log_config=None, access_log=False
    )
    server = uvicorn.Server(config)
    with config.bind_socket() as socket:
        socket.listen(100)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]})
        thread.start()
        # A front reads the popular products before it has started: a test may then let its Triton refuse.
        while thread.is_alive() and not server.started:
            time.sleep(0.005)
        try:
            address = f"http://127.0.0.1:{socket.getsockname()[1]}"
            with httpx.Client(base_url=address, trust_env=False, timeout=30) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def front_of(
    *triton: str, pseudonym: Callable[[str], str] | None = None, **given: Any
) -> Iterator[httpx.Client]:
    """A client of a front of these settings."""
    with running(Front(settings(*triton, **given), pseudonym)) as client:
        yield client


def codes(answered: httpx.Response, number: int = 0) -> list[str]:
    """The products of an answer."""
    assert answered.status_code == 200, answered.text
    return [one["product"] for one in answered.json()["answers"][number]["products"]]


def refused(answered: httpx.Response, status: int) -> str:
    """The sentence of a refusal, which is a problem of RFC 9457."""
    assert answered.status_code == status, answered.text
    assert answered.headers["content-type"] == "application/problem+json"
    told = answered.json()
    assert told.keys() == {"type", "title", "status", "detail", "request_id"}
    assert told["status"] == status
    assert told["request_id"] == answered.headers["x-request-id"]
    assert "\n" not in told["detail"]
    assert len(told["detail"]) < 500
    return str(told["detail"])
