"""10,000 requests that nobody should send, against a front and the real tritonserver behind its Envoy.

Each gets an answer or a refusal that says something; both go on, and neither grows. ``make fuzz``.
"""

from __future__ import annotations

import gc
import http.client
from collections.abc import Iterator
from typing import Any

import grpc
import httpx
import psutil
import pytest

from isthmus_client import Recommender
from rehearsal.drills.load.callers import front
from serving.local.server import LocalServer
from tests.serving.fuzz.requests import LARGE, by_grpc, by_http, for_the_front, many

pytestmark = [pytest.mark.fuzz, pytest.mark.timeout(1800)]

TO_THE_FRONT, HTTP, GRPC, TOO_LARGE = 4000, 3000, 2990, 10
FIRST = 1000
"""What is allocated once has been by then."""
MOST_GROWTH_MIB = 24
"""Of all processes of a server together: allocators keep some of what they were given back."""


def mib(process: psutil.Process) -> float:
    """Of it and of its children, without what they share."""
    gc.collect()
    return sum(one.memory_full_info().uss for one in [process, *process.children(recursive=True)]) / 2**20


@pytest.fixture(scope="module")
def asked_front(server: LocalServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with front([server.url("grpc")], tmp_path_factory.mktemp("front")) as url:
        yield url


def test_the_front(asked_front: str) -> None:
    (process,) = (one for one in psutil.Process().children() if "front" in one.cmdline())
    before = 0.0
    with httpx.Client(base_url=asked_front, trust_env=False, timeout=30) as client:
        for number, (path, body) in enumerate(many(1, TO_THE_FRONT, for_the_front)):
            answer = client.post(path, content=body)
            # 503: this front has no spool for the feedback that is right.
            assert answer.status_code in (200, 400, 413, 422, 503), (answer.text, body[:200])
            if answer.status_code != 200:
                assert answer.headers["content-type"] == "application/problem+json"
                assert len(answer.json()["detail"]) > 10
            if number == FIRST:
                before = mib(process)
        grown = mib(process) - before
        print(f"front: {TO_THE_FRONT} requests, {before:.0f} MiB after {FIRST}, {grown:+.1f} MiB at the end")
        assert client.get("/livez").status_code == 200
    assert grown < MOST_GROWTH_MIB


def test_triton(server: LocalServer) -> None:
    assert server.process is not None
    assert server.envoy is not None
    processes = [psutil.Process(server.process.pid), psutil.Process(server.envoy.pid)]
    models = {one.pid for one in processes[0].children(recursive=True)}
    refused = 0
    path = "/v2/models/recommend/infer"
    with httpx.Client(base_url=server.url("http"), trust_env=False, timeout=30) as client:
        for number, (body, headers) in enumerate(many(2, HTTP, by_http)):
            answer = client.post(path, content=body, headers=headers)
            assert answer.status_code == 200 or answer.json()["error"], (answer.status_code, body[:200])
            assert server.process.poll() is None, (body, headers)
            refused += answer.status_code != 200
            if number == FIRST:
                before = [mib(one) for one in processes]
    with grpc.insecure_channel(server.url("grpc").removeprefix("grpc://")) as channel:
        ask = channel.unary_unary("/inference.GRPCInferenceService/ModelInfer")
        for body in many(3, GRPC, by_grpc):
            code = _code(ask, body)
            refused += code is not grpc.StatusCode.OK
            assert code not in (grpc.StatusCode.UNKNOWN, grpc.StatusCode.DEADLINE_EXCEEDED), body[:200]
            assert server.process.poll() is None, body
    grown = [mib(one) - was for one, was in zip(processes, before, strict=True)]
    print(
        f"Triton, Envoy: {HTTP + GRPC} requests, {refused} refused; after {FIRST} of them {before[0]:.0f} and"
    )
    print(f"{before[1]:.0f} MiB, at the end {grown[0]:+.1f} and {grown[1]:+.1f}")
    assert {one.pid for one in processes[0].children(recursive=True)} == models, "a model was started again"
    with Recommender(server.url("grpc")) as recommender:
        assert recommender.recommend("nobody").products
    assert max(grown) < MOST_GROWTH_MIB


def _code(ask: Any, body: bytes) -> grpc.StatusCode:
    try:
        ask(body, timeout=30)
    except grpc.RpcError as error:
        code: grpc.StatusCode = error.code()
        return code
    return grpc.StatusCode.OK


@pytest.mark.parametrize("which", ["front", "triton"])
def test_a_hundred_megabytes(server: LocalServer, asked_front: str, which: str) -> None:
    url = httpx.URL(asked_front if which == "front" else server.url("http"))
    path = "/v1/recommendations" if which == "front" else "/v2/models/recommend/infer"
    part = b" " * 1_000_000
    for _ in range(TOO_LARGE // 2):
        connection = http.client.HTTPConnection(url.host, url.port, timeout=30)
        connection.putrequest("POST", path)
        connection.putheader("Content-Length", str(LARGE))
        connection.endheaders()
        sent = 0
        try:
            while sent < LARGE:
                connection.send(part)
                sent += len(part)
        except OSError:
            pass  # refused before all of it had come
        try:
            assert connection.getresponse().status == 413
        except OSError:
            assert sent < LARGE / 2, "it was read to its end, and then not answered"
        connection.close()
    assert httpx.get(str(url.copy_with(path="/livez" if which == "front" else "/v2/health/live"))).is_success
