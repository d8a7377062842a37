"""Starts the workers of a run on this machine, and starts some of them again, as an Indexed Job does."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import IO

from isthmus.errors import FAILED, WRONG_DATA
from isthmus.exit_codes import EXIT_PEER_LOST, EXIT_PREEMPTED, EXIT_STRAGGLING
from isthmus.progress import Progress
from training.errors import TrainingError
from training.settings import TrainingSettings

logger = logging.getLogger(__name__)

COSTS_NOTHING = (EXIT_PEER_LOST, EXIT_PREEMPTED, EXIT_STRAGGLING)
MOST_FAILURES = 6
"""Failures of one worker that are forgiven, as by ``backoff_limit_per_index`` of the Job."""
WORKER = "training.jobs.local.worker"
"""The module that each process runs."""


class WorkerFailed(TrainingError):
    """A worker ended again and again, by no fault of the settings or the orders that it would tell."""

    exit_status = FAILED


class Workers:
    """The worker processes of one run.

    Args:
        settings: with the number of workers.
        work: folder of ``training.operations.workspace.Workspace``.
        out: the release directory to write.
        poll: called about ten times a second with the processes, by index.
        has_place: asked before a worker is started again; one without a place waits for it, as a pod does.
        most_failures: of one worker; a kill counts as one here, where a Job forgives the loss of a node.
    """

    def __init__(
        self,
        settings: TrainingSettings,
        work: Path,
        out: Path,
        poll: Callable[[dict[int, subprocess.Popen[bytes]]], None] = lambda _: None,
        has_place: Callable[[int], bool] = lambda _: True,
        most_failures: int = MOST_FAILURES,
    ) -> None:
        self.settings, self.work, self.out = settings, work, out
        self._poll, self._has_place = poll, has_place
        self._most_failures = most_failures
        self._waiting: set[int] = set()
        self._done = False
        self._running: dict[int, subprocess.Popen[bytes]] = {}
        self._failures = dict.fromkeys(range(settings.workers), 0)

    def run(self) -> None:
        """Run to the end; no process is left when it returns or raises.

        Raises:
            TrainingError: when a worker says that its input is wrong, at once; in its own words.
            WorkerFailed: when a worker fails for good; the message has its last words.
        """
        peers = [f"127.0.0.1:{port}" for port in free_ports(self.settings.workers)]
        with ExitStack() as stack:
            logs = [stack.enter_context(tempfile.TemporaryFile()) for _ in peers]
            stack.callback(self._stop)
            for index in range(len(peers)):
                self._start(index, peers, logs[index])
            if len(peers) > 1:
                processes = (
                    f"process {self._running[index].pid} at {peer}" for index, peer in enumerate(peers)
                )
                logger.info(f"{len(peers)} workers: {', '.join(processes)}")
            printed = [_lines(log) for log in logs]
            while self._running or (self._waiting and not self._done):
                time.sleep(0.1)
                self._poll(self._running)
                # Asked before what is left of their lines is said, or the last ones would be lost.
                ended = [index for index, process in self._running.items() if process.poll() is not None]
                self._print(printed)
                for index in ended:
                    self._ended(index, logs[index])
                for index in [candidate for candidate in self._waiting if self._has_place(candidate)]:
                    self._waiting.remove(index)
                    self._start(index, peers, logs[index])
            self._print(printed)

    def _print(self, printed: Sequence[Iterator[str | None]]) -> None:
        """Log what the first running worker printed, its steps as ``Progress``; the others print the same."""
        first = min(self._running, default=0)
        for index, lines in enumerate(printed):
            for line in iter(partial(next, lines), None):
                if index == first:
                    logger.info(Progress.of_line(line) or line)

    def _start(self, index: int, peers: Sequence[str], log: IO[bytes]) -> None:
        environment = {
            **os.environ,
            "JOB_COMPLETION_INDEX": str(index),
            "TRAINING_PEERS": ",".join(peers) if len(peers) > 1 else "",
            "TRAINING_SETTINGS": self.settings.model_dump_json(),
            "WORK": str(self.work.resolve()),
            "OUT": str(self.out.resolve()),
            "PYTHONUNBUFFERED": "1",
        }
        self._running[index] = subprocess.Popen(
            [sys.executable, "-m", WORKER],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )

    def _ended(self, index: int, log: IO[bytes]) -> None:
        code = self._running.pop(index).returncode
        if code == 0:
            self._done = True  # a worker ends well only when the release is there
            return
        if code not in COSTS_NOTHING:
            self._failures[index] += 1
        if code == WRONG_DATA:
            raise TrainingError(_last_words(log))
        if self._failures[index] > self._most_failures:
            words = f"worker {index} ended with code {code}: {_last_words(log)}"
            left = len(self._running) + len(self._waiting)
            if not 0 < self.settings.elastic_min_workers <= left:
                raise WorkerFailed(words)
            logger.info(f"{words}; going on without it")
            return
        logger.info(f"worker {index} ended with code {code}; it starts again")
        self._waiting.add(index)

    def _stop(self) -> None:
        for process in self._running.values():
            process.kill()
        for process in self._running.values():
            process.wait()


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nobody listens on."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for listener in sockets:
            listener.bind(("127.0.0.1", 0))
        return [int(listener.getsockname()[1]) for listener in sockets]


def _lines(log: IO[bytes]) -> Iterator[str | None]:
    """Lines as they are written, by a descriptor-independent offset; None when there is no more for now."""
    offset, rest = 0, b""
    while True:
        content = os.pread(log.fileno(), 1 << 16, offset)
        if not content:
            yield None
            continue
        offset += len(content)
        *lines, rest = (rest + content).split(b"\n")
        for line in lines:
            yield line.decode(errors="replace")


def _last_words(log: IO[bytes]) -> str:
    size = os.fstat(log.fileno()).st_size
    text = os.pread(log.fileno(), 4000, max(0, size - 4000)).decode(errors="replace")
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].removeprefix("isthmus: ") if lines else "it said nothing"
