"""Who trains: the workers that are there, when those that are missing do not come.

Before TensorFlow takes its port, each worker answers on it and asks the others on theirs. When all are there,
or the wait is over and enough are, the first of those that are there tells the others who trains; they close
their ports and begin. A worker that comes later finds a run under way (a port that is open, but does not
answer so) and waits at its own port, where the first of the run sees it and starts again with it.
"""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from training.fit.cluster import Worker

logger = logging.getLogger(__name__)

ASK_SECONDS = 2.0
EVERY_SECONDS = 0.5


class RendezvousServer:
    """Answers on this worker's port until it is closed.

    Args:
        worker: with all peers of the run.
        run: fingerprint of the run; workers of another one are strangers.
    """

    def __init__(self, worker: Worker, run: str) -> None:
        self._run, self._index = run, worker.index
        host, _, port = worker.peers[worker.index].rpartition(":")
        # A pod has the name of its service; in a rehearsal and on one machine it is an own loopback address.
        bind = host if host.startswith("127.") else ""
        self._server = socket.create_server((bind, int(port)), backlog=16)
        self.members: tuple[int, ...] | None = None
        self.under_way = False
        threading.Thread(target=self._answer, name="rendezvous", daemon=True).start()

    def close(self) -> None:
        """Free the port."""
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _answer(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            with connection, suppress(OSError, ValueError):
                connection.settimeout(ASK_SECONDS)
                asked = json.loads(connection.makefile("rb").readline(4096))
                if asked.get("run") != self._run:
                    continue
                if "members" in asked and not self.under_way:
                    self.members = tuple(asked["members"])
                status = {"run": self._run, "index": self._index, "under_way": self.under_way}
                connection.sendall(json.dumps(status).encode() + b"\n")


def ask(peer: str, run: str, **more: Any) -> str:
    """What is at a peer's port: ``waiting`` at its server, ``training``, or ``away``."""
    host, _, port = peer.rpartition(":")
    try:
        connection = socket.create_connection((host, int(port)), ASK_SECONDS)
    except OSError:
        return "away"
    with connection:
        try:
            connection.sendall(json.dumps({"run": run, **more}).encode() + b"\n")
            answer = json.loads(connection.makefile("rb").readline(4096))
            return "training" if answer["under_way"] else "waiting"
        except (OSError, ValueError, KeyError, TypeError):
            return "training"  # the port is TensorFlow's: a run is under way


def gather(
    worker: Worker,
    run: str,
    least: int,
    wait_seconds: float,
    stopping: Callable[[], bool] = lambda: False,
) -> Worker | None:
    """Find who trains; this worker as one of them, or None when it was told to stop.

    Args:
        worker: this one, with all peers of the run.
        run: its fingerprint.
        least: fewest workers to begin with.
        wait_seconds: how long nothing must change before the run begins with fewer than all.
        stopping: asked while waiting.
    """
    server = RendezvousServer(worker, run)
    last_answers: dict[int, str] = {}
    since = time.monotonic()
    while server.members is None:
        if stopping():
            server.close()
            return None
        answers = {index: ask(peer, run) for index, peer in enumerate(worker.peers) if index != worker.index}
        if answers != last_answers or "training" in answers.values():
            last_answers, since = answers, time.monotonic()
        present = sorted([worker.index, *(index for index, state in answers.items() if state == "waiting")])
        all_present = len(present) == len(worker.peers)
        waited = time.monotonic() - since >= wait_seconds
        enough = len(present) >= least and "training" not in answers.values()
        if present[0] == worker.index and (all_present or (waited and enough)):
            server.members = tuple(present) if _tell(worker, run, present) else None
        if server.members is None:
            time.sleep(EVERY_SECONDS)
    chosen = _as_members(worker, server.members)
    if chosen.alone:
        # Nothing else listens on the port: those that come later must not begin alone.
        server.under_way = True
    else:
        server.close()
    if chosen.absent:
        away = ", ".join(chosen.absent)
        logger.info(f"going on with {len(chosen.peers)} of {len(worker.peers)} workers; away: {away}")
    return chosen


def _tell(worker: Worker, run: str, present: Sequence[int]) -> bool:
    """Tell the others who trains; False when one of them has gone meanwhile."""
    return all(
        ask(worker.peers[index], run, members=list(present)) == "waiting"
        for index in present
        if index != worker.index
    )


def _as_members(worker: Worker, members: Sequence[int]) -> Worker:
    return Worker(
        list(members).index(worker.index),
        tuple(worker.peers[index] for index in members),
        tuple(peer for index, peer in enumerate(worker.peers) if index not in members),
    )
