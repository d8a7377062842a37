"""A tritonserver of this machine for the time of a ``with`` block: for benchmarks, tests and offline answers.

It is started with the arguments of the pod, Envoy before it, at free ports of a loopback address.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Literal

import httpx

from isthmus.errors import IsthmusError
from serving.local.envoy_install import program
from serving.local.triton_install import command
from serving.server.envoy_config import envoy_args
from serving.server.triton_args import REPOSITORY, triton_args

Port = Literal["http", "grpc", "metrics", "proxy-metrics"]
LAST_LINES = 15
DRAWS = 3
"""How often ports are drawn where somebody else took one of them first."""


class LocalServerFailed(IsthmusError):
    """The server ended, or did not become ready in time; the message holds its last lines."""


class LocalServer:
    """A tritonserver on one model repository, and Envoy before it as in a pod.

    Args:
        repository: as ``serving.repository.build.build`` makes it.
        log: file for what the server and Envoy write.
        address: loopback address to listen on.
        ready_s: seconds until it must be ready.
        finish_s: seconds it may take to stop before it is killed.
    """

    def __init__(
        self,
        repository: Path,
        log: Path,
        *,
        address: str = "127.0.0.1",
        ready_s: float = 60,
        finish_s: int = 5,
    ) -> None:
        self.repository, self.log, self.address = repository, log, address
        self.ready_s, self.finish_s = ready_s, finish_s
        self.ports: dict[Port, int] = {}
        self.inside: dict[Port, int] = {}
        self.seconds_to_ready = 0.0
        self.process: subprocess.Popen[bytes] | None = None
        self.envoy: subprocess.Popen[bytes] | None = None

    def url(self, kind: Port) -> str:
        """``grpc://...`` as ``Recommender`` takes it; ``http://...`` for the others."""
        return f"{'grpc' if kind == 'grpc' else 'http'}://{self.address}:{self.ports[kind]}"

    def start(self) -> None:
        """Start it (again: at the same ports) and wait for its models. Raises LocalServerFailed."""
        if self.ports:
            self._start()
            return
        for left in reversed(range(DRAWS)):
            http, grpc, metrics, proxy, http_inside, grpc_inside = _free_ports(self.address, 6)
            self.ports = {"http": http, "grpc": grpc, "metrics": metrics, "proxy-metrics": proxy}
            self.inside = {"http": http_inside, "grpc": grpc_inside, "metrics": metrics}
            try:
                self._start()
            except LocalServerFailed:
                # Nobody holds a port between the draw and the server's start.
                if not left or "already in use" not in self.log.read_text(errors="replace"):
                    raise
            else:
                return

    def _start(self) -> None:
        argv, env = command(
            self._filled(triton_args(gpus=0, finish_s=self.finish_s, ports=_named(self.inside)))
        )
        envoy_argv = [str(program()), *self._filled(envoy_args(_named(self.ports), _named(self.inside)))]
        started = time.monotonic()
        with self.log.open("wb") as stream:
            self.process = subprocess.Popen(
                argv, env={**os.environ, **env}, stdout=stream, stderr=stream, start_new_session=True
            )
            self.envoy = subprocess.Popen(envoy_argv, stdout=stream, stderr=stream, start_new_session=True)
        try:
            self._wait(started + self.ready_s)
        except BaseException:
            self.stop()
            raise
        self.seconds_to_ready = time.monotonic() - started

    def stop(self) -> None:
        """Let it finish what it answers, then make sure that nothing of it is left."""
        for process in filter(None, (self.process, self.envoy)):
            with suppress(ProcessLookupError):
                process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(self.finish_s + 10)
            # Triton's Python models are of its group.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.process = self.envoy = None

    def __enter__(self) -> LocalServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _filled(self, args: list[str]) -> list[str]:
        filled = {
            REPOSITORY: str(self.repository),
            "$(POD_IP)": self.address,
            "$(POD_NAME)": f"isthmus-{os.getpid()}-{self.ports['http']}",
        }
        for name, value in filled.items():
            args = [arg.replace(name, value) for arg in args]
        return args

    def _wait(self, until: float) -> None:
        assert self.process is not None  # noqa: S101
        assert self.envoy is not None  # noqa: S101
        with httpx.Client(trust_env=False, timeout=5) as client:
            while time.monotonic() < until:
                if (status := self.process.poll()) is not None:
                    raise LocalServerFailed(f"tritonserver ended with status {status}: {self._last()}")
                if (status := self.envoy.poll()) is not None:
                    raise LocalServerFailed(f"envoy ended with status {status}: {self._last()}")
                with suppress(httpx.TransportError):
                    if client.get(self.url("http") + "/v2/health/ready").is_success:
                        return
                time.sleep(0.03)
        raise LocalServerFailed(f"tritonserver was not ready after {self.ready_s:.0f} s: {self._last()}")

    def _last(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()
        messages = [line for line in lines if line.strip() and not line.startswith(("|", "+"))]
        return " / ".join(messages[-LAST_LINES:])


def _named(ports: dict[Port, int]) -> dict[str, int]:
    return {str(kind): port for kind, port in ports.items()}


def _free_ports(address: str, count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind((address, 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()
