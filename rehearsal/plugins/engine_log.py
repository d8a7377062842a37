"""Lines that the engine shows beside a resource."""

from __future__ import annotations

import contextlib
import threading
from typing import Any

import grpc

from rehearsal.plugins.protocol import engine, engine_grpc


class EngineLog:
    """Talks to the engine at ``address``; silent where there is none (tests) or it does not answer."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._lock = threading.Lock()
        self._stub: Any = None

    def status(self, urn: str, text: str) -> None:
        """Show ``text`` in the resource's row while it is worked on; it is not kept in the summary."""
        if not self._address:
            return
        with self._lock:
            if self._stub is None:
                self._stub = engine_grpc.EngineStub(grpc.insecure_channel(self._address))
        request = engine.LogRequest(severity=engine.INFO, message=text, urn=urn, ephemeral=True)
        with contextlib.suppress(grpc.RpcError):
            self._stub.Log(request, timeout=2)


__all__ = ["EngineLog"]
