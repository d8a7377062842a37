"""10,000 requests that nobody should send, against a front and the real tritonserver behind its Envoy.

Each gets an answer or a refusal that says something; both go on, and neither grows. ``make fuzz``.
"""

from __future__ import annotations

import http.client
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import httpx
import numpy as np
import psutil
import pytest
from tritonclient.grpc import service_pb2

from isthmus_client import Recommender
from rehearsal.drills.load.callers import front
from serving.local.server import LocalServer
from serving.server.envoy_config import MAX_REQUEST_BYTES
from tests.serving.fuzz.requests import for_the_front, many
from tests.serving.fuzz.tensors import by_grpc, in_binary, in_json

pytestmark = [pytest.mark.fuzz, pytest.mark.timeout(1800)]

TO_THE_FRONT, IN_JSON, IN_BINARY, BY_GRPC = 3000, 2000, 2000, 2940
SIZES = np.geomspace(100_000_000, 1_000, 20).astype(int).tolist()
"""Bytes of what is sent to each of three doors, the largest first."""
FIRST = 800
"""What is allocated once has been by then."""
MOST_GROWTH_MIB = 24
"""Of all processes of a server together: allocators keep some of what they were given back."""


def mib(process: psutil.Process) -> float:
    """What it and its children have allocated: pages of files are others' too, as long as these run."""
    kib = 0
    for one in [process, *process.children(recursive=True)]:
        lines = Path(f"/proc/{one.pid}/status").read_text().splitlines()
        kib += sum(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))
    return kib / 1024


@dataclass
class Watched:
    """Processes that must neither end nor grow."""

    processes: dict[str, psutil.Process]

    def __post_init__(self) -> None:
        self.told: Counter[str] = Counter()
        self.children = self._children()

    def _children(self) -> set[int]:
        return {one.pid for each in self.processes.values() for one in each.children(recursive=True)}

    def begin(self) -> None:
        self.before = {name: mib(one) for name, one in self.processes.items()}

    def end(self, what: str) -> None:
        """Say what was answered and what grew, and hold both."""
        assert self._children() == self.children, "a process was started again"
        grown = {name: mib(one) - self.before[name] for name, one in self.processes.items()}
        memory = ", ".join(f"{name} {self.before[name]:.0f} MiB {more:+.1f}" for name, more in grown.items())
        print(f"\n{what}: {self.told.total()} requests, {dict(self.told.most_common())}; {memory}")
        assert max(grown.values()) < MOST_GROWTH_MIB


@pytest.fixture(scope="module")
def asked_front(server: LocalServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with front([server.url("grpc")], tmp_path_factory.mktemp("front")) as url:
        yield url


@pytest.fixture
def of_front(asked_front: str) -> Watched:
    (process,) = (one for one in psutil.Process().children() if "front" in one.cmdline())
    return Watched({"front": process})


@pytest.fixture
def of_triton(server: LocalServer) -> Watched:
    assert server.process is not None
    assert server.envoy is not None
    return Watched({"Triton": psutil.Process(server.process.pid), "Envoy": psutil.Process(server.envoy.pid)})


def test_the_front(asked_front: str, of_front: Watched) -> None:
    with httpx.Client(base_url=asked_front, trust_env=False, timeout=30) as client:
        for number, (path, body) in enumerate(many(1, TO_THE_FRONT, for_the_front)):
            answer = client.post(path, content=body, headers={"content-type": "application/json"})
            # 503: this front has no spool for the feedback that is right.
            assert answer.status_code in (200, 400, 413, 422, 503), (answer.text, body[:200])
            if answer.status_code != 200:
                assert answer.headers["content-type"] == "application/problem+json"
                assert len(answer.json()["detail"]) > 10
            of_front.told[str(answer.status_code)] += 1
            if number == FIRST:
                of_front.begin()
        assert client.get("/livez").status_code == 200
    of_front.end("front")


@pytest.mark.parametrize(("make", "count"), [(in_json, IN_JSON), (in_binary, IN_BINARY)])
def test_triton_by_http(
    server: LocalServer, of_triton: Watched, make: Callable[..., Any], count: int
) -> None:
    with httpx.Client(base_url=server.url("http"), trust_env=False, timeout=30) as client:
        for number, (path, body, headers) in enumerate(many(2, count, make)):
            answer = client.post(path, content=body, headers=headers)
            asked = (path, answer.status_code, answer.content[:300], body[:600])
            assert server.process is not None
            assert server.process.poll() is None, asked
            # Not 500, which alerts count: all of these are their callers' mistakes.
            assert answer.status_code in (200, 400, 404, 413), asked
            if answer.status_code != 200:
                # It cites what was sent, which may be no text.
                assert len(json.loads(answer.content.decode(errors="replace"))["error"]) > 8, asked
            of_triton.told[str(answer.status_code)] += 1
            if number == FIRST:
                of_triton.begin()
    _still_right(server)
    of_triton.end(f"Triton, {make.__name__}")


def test_triton_by_grpc(server: LocalServer, of_triton: Watched) -> None:
    with grpc.insecure_channel(server.url("grpc").removeprefix("grpc://")) as channel:
        ask = channel.unary_unary("/inference.GRPCInferenceService/ModelInfer")
        stream = channel.stream_stream("/inference.GRPCInferenceService/ModelStreamInfer")
        for number, body in enumerate(many(3, BY_GRPC, by_grpc)):
            code, details = _asked(ask, body) if number % 4 else _streamed(stream, body)
            assert server.process is not None
            assert server.process.poll() is None, body
            assert code not in (grpc.StatusCode.UNKNOWN, grpc.StatusCode.DEADLINE_EXCEEDED), (details, body)
            assert code is grpc.StatusCode.OK or len(details) > 10, (code, details, body)
            assert code is not grpc.StatusCode.INTERNAL or details == "Unable to parse request", (
                details,
                body,
            )
            of_triton.told[code.name] += 1
            if number == FIRST:
                of_triton.begin()
    _still_right(server)
    of_triton.end("Triton, by_grpc")


def _asked(ask: Any, body: bytes) -> tuple[grpc.StatusCode, str]:
    try:
        ask(body, timeout=30)
    except grpc.RpcError as error:
        return error.code(), error.details()
    return grpc.StatusCode.OK, ""


def _streamed(stream: Any, body: bytes) -> tuple[grpc.StatusCode, str]:
    """The same by a stream of one request, whose answer holds the error."""
    try:
        answers = [
            service_pb2.ModelStreamInferResponse.FromString(one) for one in stream(iter([body]), timeout=30)
        ]
    except grpc.RpcError as error:
        return error.code(), error.details()
    errors = [one.error_message for one in answers if one.error_message]
    return (grpc.StatusCode.INVALID_ARGUMENT, errors[0]) if errors else (grpc.StatusCode.OK, "")


def _still_right(server: LocalServer) -> None:
    with Recommender(server.url("grpc")) as recommender:
        assert recommender.recommend("nobody").products


@pytest.mark.parametrize("which", ["front", "triton"])
def test_sizes_by_http(
    server: LocalServer, asked_front: str, of_front: Watched, of_triton: Watched, which: str
) -> None:
    url = httpx.URL(asked_front if which == "front" else server.url("http"))
    path = "/v1/recommendations" if which == "front" else "/v2/models/recommend/infer"
    watched = of_front if which == "front" else of_triton
    for number, size in enumerate(SIZES):
        status, told = _sent(url, path, size)
        assert status in ((413,) if size > MAX_REQUEST_BYTES else (400, 413, 422)), (size, status, told)
        assert len(json.loads(told)["detail" if which == "front" else "error"]) > 10, (size, told)
        watched.told[str(status)] += 1
        if number == 4:
            watched.begin()
    live = "/livez" if which == "front" else "/v2/health/live"
    assert httpx.get(str(url.copy_with(path=live)), trust_env=False).is_success
    watched.end(f"{which}, by HTTP, {SIZES[-1]:,} to {SIZES[0]:,} bytes")


def _sent(url: httpx.URL, path: str, size: int) -> tuple[int, bytes]:
    """Send so many bytes, in parts, as far as they are taken."""
    connection = http.client.HTTPConnection(url.host, url.port, timeout=30)
    connection.putrequest("POST", path)
    connection.putheader("Content-Length", str(size))
    connection.endheaders()
    try:
        for start in range(0, size, 1_000_000):
            connection.send(b" " * min(1_000_000, size - start))
    except OSError:
        pass  # refused before all of it had come
    answer = connection.getresponse()
    told = answer.status, answer.read()
    connection.close()
    return told


def test_sizes_by_grpc(server: LocalServer, of_triton: Watched) -> None:
    unbounded = [("grpc.max_send_message_length", -1)]
    with grpc.insecure_channel(server.url("grpc").removeprefix("grpc://"), options=unbounded) as channel:
        ask = channel.unary_unary("/inference.GRPCInferenceService/ModelInfer")
        for number, size in enumerate(SIZES):
            request = service_pb2.ModelInferRequest(model_name="recommend", raw_input_contents=[b"x" * size])
            code, details = _asked(ask, request.SerializeToString())
            wanted = "RESOURCE_EXHAUSTED" if size > MAX_REQUEST_BYTES else "INVALID_ARGUMENT"
            assert code.name == wanted, (size, code, details)
            assert len(details) > 10, (size, code, details)
            of_triton.told[code.name] += 1
            if number == 4:
                of_triton.begin()
    _still_right(server)
    of_triton.end(f"Triton, by gRPC, {SIZES[-1]:,} to {SIZES[0]:,} bytes")
