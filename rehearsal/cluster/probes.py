"""Probes of a container: asked from threads, counted as the kubelet counts."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import ssl
import subprocess
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from rehearsal.cluster.endpoints import named_port
from rehearsal.cluster.images import CannotRun, Programs, program

_SERVING = 1  # grpc.health.v1.HealthCheckResponse.ServingStatus


@dataclass(frozen=True)
class Target:
    """The container that a probe is asked of: ``order`` is its run's argv, env and cwd."""

    container: dict[str, Any]
    address: str
    order: dict[str, Any]
    programs: Programs


def ask(probe: dict[str, Any], target: Target) -> str:
    """ "" when the probe passes, else why it failed; takes at most ``timeoutSeconds``."""
    timeout = float(probe.get("timeoutSeconds", 1))
    try:
        if spec := probe.get("httpGet"):
            return _http(spec, target, timeout)
        if spec := probe.get("tcpSocket"):
            with socket.create_connection((spec.get("host") or target.address, _port(spec, target)), timeout):
                return ""
        if spec := probe.get("exec"):
            return _exec(spec["command"], target, timeout)
        if spec := probe.get("grpc"):
            return _grpc(spec, target, timeout)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return str(error) or type(error).__name__
    return "the probe names no way to ask"


def _port(spec: dict[str, Any], target: Target) -> int:
    port = named_port(spec["port"], [target.container])
    if port is None:
        raise ValueError(f"the container has no port named {spec['port']}")
    return port


def _http(spec: dict[str, Any], target: Target, timeout: float) -> str:
    host, port = spec.get("host") or target.address, _port(spec, target)
    connection: http.client.HTTPConnection
    if spec.get("scheme", "HTTP") == "HTTPS":
        # The kubelet does not verify a probe's certificate either.
        connection = http.client.HTTPSConnection(
            host,
            port,
            timeout=timeout,
            context=ssl._create_unverified_context(),  # noqa: S323
        )
    else:
        connection = http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        headers = {"User-Agent": "kube-probe/rehearsal", "Connection": "close"}
        headers |= {header["name"]: header["value"] for header in spec.get("httpHeaders", ())}
        connection.request("GET", spec.get("path", "/"), headers=headers)
        status = connection.getresponse().status
    finally:
        connection.close()
    return "" if 200 <= status < 400 else f"HTTP probe failed with statuscode: {status}"


def _exec(command: list[str], target: Target, timeout: float) -> str:
    try:
        words = program(target.container["image"], command, (), target.programs).argv
    except CannotRun as reason:
        return str(reason)
    process = subprocess.Popen(
        words,
        env=target.order["env"],
        cwd=target.order["cwd"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return f"the command took longer than {timeout:g} s"
    last = output.decode(errors="replace").strip().splitlines()[-1:]
    return "" if process.returncode == 0 else f"exit code {process.returncode} {' '.join(last)}".rstrip()


def _grpc(spec: dict[str, Any], target: Target, timeout: float) -> str:
    import grpc

    service = str(spec.get("service") or "").encode()
    request = b"\x0a" + bytes([len(service)]) + service if service else b""
    with grpc.insecure_channel(f"{target.address}:{int(spec['port'])}") as channel:
        check = channel.unary_unary("/grpc.health.v1.Health/Check")
        try:
            answer: bytes = check(request, timeout=timeout)
        except grpc.RpcError as error:
            return str(error.code())
    return "" if answer[:2] == bytes([8, _SERVING]) else "the service does not say that it is serving"


@dataclass
class Prober:
    """One probe of one run of a container."""

    probe: dict[str, Any]
    target: Target
    starts: float
    pool: ThreadPoolExecutor
    wake: Callable[[], None]
    eager: bool = False
    """Whether to ask every second until the first pass: where many failures cost nothing."""
    passed: bool | None = None
    """None until enough answers of one kind have come."""
    message: str = ""
    _due: float = 0.0
    _count: int = 0
    _last: bool | None = None
    _asked: Future[str] | None = field(default=None)

    def __post_init__(self) -> None:
        self._due = self._due_first = self.starts + float(self.probe.get("initialDelaySeconds", 0))
        self._period = float(self.probe.get("periodSeconds", 10))

    def step(self, now: float) -> float:
        """Take in an answer, ask when it is time; returns when to come again (POSIX seconds)."""
        if self._asked is not None:
            if not self._asked.done():
                return now + 60.0  # the answer wakes the agent
            self._take(self._asked.result(), now)
            self._asked = None
            self._due = now + (min(self._period, 1.0) if self.eager and not self.passed else self._period)
        if now >= self._due:
            self._asked = self.pool.submit(self._ask)
            self._asked.add_done_callback(lambda _: self.wake())
            return now + 60.0
        return self._due

    def _ask(self) -> str:
        try:
            return ask(self.probe, self.target)
        except Exception as error:  # a defect must not end the agent
            return f"{type(error).__name__}: {error}"

    def _take(self, failure: str, now: float) -> None:
        good = not failure
        self._count = self._count + 1 if good == self._last else 1
        self._last = good
        self.message = failure
        needed = self.probe.get("successThreshold", 1) if good else self.probe.get("failureThreshold", 3)
        if not good and self.eager and now < self._due_first + needed * self._period:
            needed = self._count + 1 if self.passed is None else needed
        if self._count >= needed:
            self.passed = good
