"""Load by HTTP/1.1 from a process of its own: one asyncio protocol a connection, requests made beforehand.

No client library: what is measured is the server. How much of a core the driver took is told, so that one
that was the bottleneck is seen. h2load would do better, but is in no package index for Python.
"""

from __future__ import annotations

import asyncio
import itertools
import multiprocessing
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np

WARM_UP_S = 0.5


class LoadFailed(Exception):
    """A server answered with an error, or closed a connection."""


@dataclass(frozen=True)
class Measured:
    """Requests a second that were answered, and milliseconds of one; ``driver``: cores the driver took."""

    rate: float
    p50: float
    p99: float
    driver: float


def request(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """A POST request as it is sent."""
    lines = {"Host": "bench", "Content-Length": str(len(body)), **headers}
    text = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST {path} HTTP/1.1\r\n{text}\r\n".encode() + body


def drive(
    address: tuple[str, int],
    requests: Sequence[bytes],
    connections: int,
    seconds: float,
    rate: float | None = None,
) -> Measured:
    """Ask for ``seconds``, each connection one question at a time.

    Args:
        address: host and port.
        requests: sent in turn, over and over.
        connections: open at once.
        seconds: after a warm-up.
        rate: requests a second, each timed from when it was due; None for as many as are answered.

    Raises:
        LoadFailed: a request was not answered well.
    """
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_driven, address, requests, connections, seconds, rate).result()


def _driven(
    address: tuple[str, int], requests: Sequence[bytes], connections: int, seconds: float, rate: float | None
) -> Measured:
    return asyncio.run(_Load(requests, seconds, rate).run(address, connections))


class _Load:
    """What the connections share."""

    def __init__(self, requests: Sequence[bytes], seconds: float, rate: float | None) -> None:
        self.requests = itertools.cycle(requests)
        self.seconds, self.rate = seconds, rate
        self.times: list[float] = []
        self.failed: str | None = None
        self.idle: list[_Connection] = []
        self.due: list[float] = []
        self.from_s = self.until_s = 0.0

    async def run(self, address: tuple[str, int], connections: int) -> Measured:
        loop = asyncio.get_running_loop()
        opened = [
            (await loop.create_connection(lambda: _Connection(self), *address))[1] for _ in range(connections)
        ]
        self.from_s = time.perf_counter() + WARM_UP_S
        self.until_s = self.from_s + self.seconds
        if self.rate is None:
            for connection in opened:
                connection.ask(time.perf_counter())
            await asyncio.sleep(WARM_UP_S)
            busy = time.process_time()
            await asyncio.sleep(self.seconds)
        else:
            self.idle = list(opened)
            busy = await self._paced(self.rate)
        busy = time.process_time() - busy
        if self.failed is not None:
            raise LoadFailed(self.failed)
        p50, p99 = np.percentile(self.times, [50, 99]) * 1000
        return Measured(len(self.times) / self.seconds, float(p50), float(p99), busy / self.seconds)

    async def _paced(self, rate: float) -> float:
        due, busy = time.perf_counter(), 0.0
        while due < self.until_s and self.failed is None:
            now = time.perf_counter()
            while due <= now:
                self.due.append(due)
                due += 1 / rate
            self.serve()
            busy = busy or (time.process_time() if now >= self.from_s else 0.0)
            await asyncio.sleep(0.0005)
        return busy

    def serve(self) -> None:
        """Let idle connections ask what is due."""
        while self.due and self.idle:
            self.idle.pop().ask(self.due.pop(0))

    def answered(self, connection: _Connection, asked_at: float) -> None:
        now = time.perf_counter()
        if self.from_s <= now < self.until_s:
            self.times.append(now - asked_at)
        if self.rate is not None:
            self.idle.append(connection)
            self.serve()
        elif now < self.until_s:
            connection.ask(now)


class _Connection(asyncio.Protocol):
    """Sends a request, and reads its answer by Content-Length."""

    def __init__(self, load: _Load) -> None:
        self.load = load
        self.buffer = b""
        self.asked_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self.transport = transport

    def ask(self, at: float) -> None:
        self.asked_at = at
        self.transport.write(next(self.load.requests))

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head = self.buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        headers = self.buffer[:head].lower()
        # Not Triton's own Inference-Header-Content-Length.
        at = headers.find(b"\r\ncontent-length:")
        length = int(headers[at + 17 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self.buffer) < head + 4 + length:
            return
        if not headers.startswith(b"http/1.1 200"):
            self.load.failed = self.buffer[:300].decode(errors="replace")
            return
        self.buffer = b""
        self.load.answered(self, self.asked_at)
