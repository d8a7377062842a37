"""Run a front by uvicorn, until SIGTERM and what was begun before it is answered."""

from __future__ import annotations

import logging
import math
import signal
import sys
import time
from collections.abc import Callable
from socket import IPPROTO_TCP, TCP_NODELAY
from types import FrameType

import uvicorn

from isthmus.errors import IsthmusError
from serving.front.app import Front, build
from serving.front.settings import FrontSettings

KEEP_ALIVE_S = 5
"""An idle connection stays so long; less than a drain, so that none is cut at its end."""


class CannotListen(IsthmusError):
    """The address is taken, or not this machine's."""


class DrainingServer(uvicorn.Server):
    """At the first signal it says that it is not ready, and goes on answering; then it ends.

    A load balancer needs the time to send its requests elsewhere. A second signal ends it at once.
    """

    def __init__(self, config: uvicorn.Config, front: Front) -> None:
        super().__init__(config)
        self._front = front
        self._until = math.inf

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        if self._front.draining:
            self.should_exit = True
            return
        self._front.draining = True
        self._until = time.monotonic() + (self._front.settings.times.drain_s if sig == signal.SIGTERM else 0)

    async def on_tick(self, counter: int) -> bool:
        if time.monotonic() >= self._until:
            self.should_exit = True
        return await super().on_tick(counter)


def run(settings: FrontSettings, pseudonym: Callable[[str], str] | None) -> None:
    """Answer until told to end. Raises IsthmusError where it cannot begin."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    for noisy in ("httpx", "uvicorn.error"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    front = Front(settings, pseudonym)
    config = uvicorn.Config(
        build(front),
        host=settings.host,
        port=settings.port,
        http="httptools",
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=math.ceil(settings.times.receive_s + settings.times.answer_s) + 5,
    )
    server = DrainingServer(config, front)
    try:
        socket = config.bind_socket()
    except (OSError, SystemExit):
        raise CannotListen(
            f"{settings.host}:{settings.port} cannot be listened on: it is taken, or no address of "
            "this machine; choose another with --port"
        ) from None
    with socket:
        # asyncio sees to this for sockets of its own alone: without it an answer's body waits for the
        # acknowledgement of its head, 40 ms at a caller that delays it.
        socket.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        socket.listen(config.backlog)  # who reads the line below may ask at once
        host, port = socket.getsockname()[:2]
        print(f"front: http://{host}:{port} asks {', '.join(settings.triton)}", flush=True)
        server.run(sockets=[socket])
