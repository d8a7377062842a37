"""Answers a second: the chain of now and of before, the towers in Triton, in FastAPI and in process.

All servers run at once and are asked by turns, so that a busy moment of the machine hits all of them. Triton
is asked at its own HTTP port with binary tensors, FastAPI with JSON; the chain also through Envoy, as in
service.
"""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from isthmus_client.interface import ANSWER, MODEL
from isthmus_client.transport import as_inputs
from serving.local.server import LocalServer
from serving.optimise.sessions import opened
from serving.repository.build import build
from tests.bench.five_steps.repository import build_five_steps
from tests.bench.load import Measured, drive, request
from tests.bench.measure import Row
from training.release import ONNX_MODEL, Customers, Manifest, new_key, sign, verify

HERE = "127.0.0.1"
BATCH, QUESTIONS = 32, 512
TOP = 10
FASTAPI_WORKERS = 2
Ask = Callable[[float], Measured]
Feeds = dict[str, Any]


def rows(release: Path, rounds: int, seconds: float) -> Iterator[Row]:
    """Medians of ``rounds`` of so many ``seconds`` each, and the bars of serving.

    ``release`` has a ranking stage; it may be unsigned.
    """
    with tempfile.TemporaryDirectory(prefix="isthmus-bench-") as name, ExitStack() as stack:
        asked, paced = _everything(release, verify(release), Path(name), stack)
        found: dict[str, list[Measured]] = {what: [] for what in asked}
        for _ in range(rounds):
            for what, ask in asked.items():
                found[what].append(ask(seconds))
        capacity = statistics.median(one.rate for one in found["chain, 64 at once"])
        found["chain at 80 % of its capacity"] = [paced(0.8 * capacity)(seconds) for _ in range(rounds)]
    for what, values in found.items():
        yield what, _shown(values), "p99 under 20 ms" if "80 %" in what else ""
    rates = {what: statistics.median(one.rate for one in values) for what, values in found.items()}
    for what, above, below, bar in (
        ("chain, 1 caller, beside the chain of before", "chain, 1 at once", "before, 1 at once", 15),
        ("chain, 16 callers, beside the chain of before", "chain, 16 at once", "before, 16 at once", 15),
        ("chain, 64 callers, beside the chain of before", "chain, 64 at once", "before, 64 at once", 15),
        ("towers, 64 callers, beside in process", "towers, 64 at once", "in process, one at a time", 0.85),
        ("towers, 64 callers, beside FastAPI", "towers, 64 at once", "FastAPI, 64 at once", 2.5),
        ("towers, 1 caller, beside FastAPI", "towers, 1 at once", "FastAPI, 1 at once", 1),
        (
            "towers, 32 a request, beside in process",
            "towers, 32 a request",
            "in process, batches of 32",
            0.75,
        ),
    ):
        yield what, f"{rates[above] / rates[below]:.2f}", f"at least {bar}"


def _shown(values: Sequence[Measured]) -> str:
    def median(name: str) -> float:
        return statistics.median(getattr(one, name) for one in values)

    rates = [one.rate for one in values]
    spread = f"({min(rates):,.0f} to {max(rates):,.0f})"
    times = f"p50 {median('p50'):.2f} ms, p99 {median('p99'):.2f} ms"
    return f"{median('rate'):,.0f} a second {spread}, {times}, driver {median('driver'):.2f} of a core"


def _everything(
    release: Path, manifest: Manifest, folder: Path, stack: ExitStack
) -> tuple[Mapping[str, Ask], Callable[[float], Ask]]:
    """Start all servers; what is asked of each, by name, and the chain at a rate."""
    build(release, manifest, sign(manifest.digest(), new_key()), folder / "now", onnx_backend="python")
    build_five_steps(release, manifest, folder / "before")
    now, before = (
        stack.enter_context(LocalServer(folder / name, folder / f"{name}.log")) for name in ("now", "before")
    )
    fastapi = stack.enter_context(_fastapi(release / ONNX_MODEL))
    customers = Customers.read(release)
    names = list(customers)[:QUESTIONS]
    one = [_features(customers, [row]) for row in range(len(names))]
    many = [_features(customers, range(at, at + BATCH)) for at in range(0, len(names) - BATCH + 1, BATCH)]
    session = opened(release / ONNX_MODEL)
    questions = [_question([name], [ANSWER]) for name in names]
    earlier = [_question([name], []) for name in names]
    batches = [_question(names[at : at + BATCH], [ANSWER]) for at in range(0, len(names) - BATCH + 1, BATCH)]
    towers, towers_many = ([_tensors("two_tower", feeds, []) for feeds in part] for part in (one, many))
    plain, plain_many = ([_json(feeds) for feeds in part] for part in (one, many))
    inside, outside, earlier_at = now.inside["http"], now.ports["http"], before.inside["http"]
    asked: dict[str, Ask] = {}
    for callers in (1, 16, 64):
        asked[f"chain, {callers} at once"] = _by_http(inside, questions, callers)
        asked[f"before, {callers} at once"] = _by_http(earlier_at, earlier, callers)
        asked[f"towers, {callers} at once"] = _by_http(inside, towers, callers)
        asked[f"FastAPI, {callers} at once"] = _by_http(fastapi, plain, callers)
    asked["chain through Envoy, 64 at once"] = _by_http(outside, questions, 64)
    asked["chain, 32 a request"] = _by_http(inside, batches, 8, BATCH)
    asked["towers, 32 a request"] = _by_http(inside, towers_many, 8, BATCH)
    asked["FastAPI, 32 a request"] = _by_http(fastapi, plain_many, 8, BATCH)
    asked["in process, one at a time"] = partial(_in_process, session, one, 1)
    asked["in process, batches of 32"] = partial(_in_process, session, many, BATCH)
    return asked, lambda rate: lambda seconds: drive((HERE, inside), questions, 64, seconds, rate)


def _by_http(port: int, requests: Sequence[bytes], callers: int, items: int = 1) -> Ask:
    def ask(seconds: float) -> Measured:
        found = drive((HERE, port), requests, callers, seconds)
        return Measured(found.rate * items, found.p50, found.p99, found.driver)

    return ask


def _in_process(session: Any, feeds: Sequence[Feeds], items: int, seconds: float) -> Measured:
    times: list[float] = []
    begun = time.perf_counter()
    while (now := time.perf_counter()) - begun < seconds:
        session.run(["items", "scores"], feeds[len(times) % len(feeds)])
        times.append(time.perf_counter() - now)
    p50, p99 = np.percentile(times, [50, 99]) * 1000
    return Measured(items * len(times) / seconds, float(p50), float(p99), 0.0)


def _features(customers: Customers, rows_of: Sequence[int]) -> Feeds:
    chosen = list(rows_of)
    return {name: getattr(customers, name)[chosen] for name in ("history", "weights", "user")}


def _question(names: Sequence[str], outputs: Sequence[str]) -> bytes:
    shape = (len(names), 1)
    inputs = {
        "customer": np.array([[name.encode()] for name in names], np.object_),
        "k": np.full(shape, TOP, np.int32),
        "only_new": np.zeros(shape, np.bool_),
    }
    return _tensors(MODEL, inputs, outputs)


def _tensors(model: str, inputs: Feeds, outputs: Sequence[str]) -> bytes:
    from tritonclient import http

    wanted = [http.InferRequestedOutput(name, binary_data=True) for name in outputs]
    body, header = http.InferenceServerClient.generate_request_body(
        as_inputs(http, inputs), outputs=wanted or None
    )
    headers = {"Content-Type": "application/octet-stream", "Inference-Header-Content-Length": str(header)}
    return request(f"/v2/models/{model}/infer", body, headers)


def _json(feeds: Feeds) -> bytes:
    import json

    body = json.dumps({name: array.tolist() for name, array in feeds.items()}).encode()
    return request("/towers", body, {"Content-Type": "application/json"})


@contextmanager
def _fastapi(model: Path) -> Iterator[int]:
    """Port of FastAPI with uvicorn in two workers."""
    import socket

    import httpx

    with socket.socket() as probe:
        probe.bind((HERE, 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "tests.bench.run_fastapi", str(port), str(FASTAPI_WORKERS)]
    environment = {**os.environ, "BENCH_MODEL": str(model)}
    process = subprocess.Popen(command, env=environment, start_new_session=True)
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                httpx.get(f"http://{HERE}:{port}/openapi.json", trust_env=False).raise_for_status()
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield port
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)
