"""The controller at work in one cluster of a rehearsal, for the time of a ``with`` block.

A process of this machine knows no names of a cluster. What an AnalysisTemplate asks by HTTP, which is
Prometheus and nothing else, goes to ``prometheus_url`` as to a proxy: Prometheus answers for whatever host a
request names. The API server is at an address of this machine, which Go asks without a proxy.
"""

from __future__ import annotations

import os
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final

import httpx

from isthmus.errors import IsthmusError
from rehearsal import ports
from rehearsal.programs.with_parent import with_parent
from rehearsal.rollouts.provide import provide

_START_SECONDS: Final = 60.0
_END_SECONDS: Final = 10.0


class ControllerFailed(IsthmusError):
    """It does not come up; the message is its own last words."""


class Controller:
    """One process; it ends with the block and with its parent."""

    def __init__(self, kubeconfig: Path, prometheus_url: str, folder: Path) -> None:
        self._kubeconfig, self._prometheus_url, self._folder = kubeconfig, prometheus_url, folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """What it says."""
        return self._folder / "log"

    def __enter__(self) -> Controller:
        program = provide()
        self._folder.mkdir(parents=True, exist_ok=True)
        health = ports.free_ports(2)
        # Alone it needs no lease, and the namespace that it would keep one in is not there.
        flags = ["--leader-elect=false", f"--healthzPort={health}", f"--metricsPort={health + 1}"]
        environment = {
            **os.environ,
            "HTTP_PROXY": self._prometheus_url,
            "http_proxy": self._prometheus_url,
            "HOME": str(self._folder),
        }
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                with_parent([str(program), "--kubeconfig", str(self._kubeconfig), *flags]),
                cwd=self._folder,
                env=environment,
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until and self._process.poll() is None:
            with suppress(httpx.TransportError):
                if httpx.get(f"http://127.0.0.1:{health}/healthz", trust_env=False).is_success:
                    return self
            time.sleep(0.2)
        self.__exit__(None, None, None)
        raise ControllerFailed(f"Argo Rollouts does not come up: {self.log.read_text()[-1500:]}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_END_SECONDS)
            self._process.kill()
            self._process.wait()


__all__ = ["Controller", "ControllerFailed"]
