"""A worker that waits for a lost one waits for ever, so each looks after the others.

TensorFlow notices a lost peer after a minute or more, and then aborts. The monitor notices in seconds: a port
of a peer that refuses three times in a row, or no step for too long, ends this process with EXIT_PEER_LOST,
and the Job starts both again from the last checkpoint.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from isthmus.exit_codes import EXIT_PEER_LOST, EXIT_PREEMPTED
from training.fit.cluster import Worker

INTERVAL_SECONDS = 1.0
REFUSALS = 3
CONNECT_SECONDS = 2.0


class PeerMonitor:
    """Looks after the peers from a thread of its own.

    Args:
        worker: this worker.
        start_seconds: how long the workers may take to find each other.
        stall_seconds: how long one step may take.
        stop_seconds: how long saving may take after SIGTERM.
        is_done: asked while waiting for the peers: whether the run's work is done by now.
        leave: ends the process.
        back: asked for each absent peer: whether it waits to be taken in.
    """

    def __init__(
        self,
        worker: Worker,
        start_seconds: float = 300.0,
        stall_seconds: float = 300.0,
        stop_seconds: float = 25.0,
        is_done: Callable[[], bool] = lambda: False,
        leave: Callable[[int], Any] = os._exit,
        back: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self.start_seconds = start_seconds
        self.stop_seconds, self.stall_seconds = stop_seconds, stall_seconds
        self._is_done, self._leave, self._back = is_done, leave, back
        self.regrouping = False
        self._gathering = False
        self._started = self._finished = False
        self._steps = 0
        self._asked_to_stop: float | None = None
        self.join(worker)
        self._thread = threading.Thread(target=self._look, name="watch", daemon=True)

    def begin(self) -> None:
        """Start looking, and take SIGTERM as a request to save and leave."""
        self._listen()
        self._thread.start()

    def gathering(self) -> None:
        """The workers that train are being found: this may take as long as capacity is missing."""
        self._gathering = True

    def join(self, worker: Worker) -> None:
        """Look after these workers, who have ``start_seconds`` from now on to find each other."""
        self.worker = worker
        self._refused = dict.fromkeys(worker.others, 0)
        self._deadline = time.monotonic() + self.start_seconds
        self._gathering = False

    def ask_to_stop(self) -> None:
        """Ask the loop to save and leave; it is made to after ``stop_seconds``."""
        self._asked_to_stop = self._asked_to_stop or time.monotonic()

    def spot_notice(self, due: str) -> None:
        """The instance is taken back soon."""
        print(f"isthmus: spot notice: {due}; saving and leaving", file=sys.stderr, flush=True)
        self.ask_to_stop()

    def _listen(self) -> None:
        signal.signal(signal.SIGTERM, lambda *_: self.ask_to_stop())

    @property
    def stopping(self) -> bool:
        """Whether the loop should save and leave."""
        return self._asked_to_stop is not None

    def started(self) -> None:
        """The workers have found each other."""
        self._listen()  # TensorFlow's coordination service has put its own handler there meanwhile
        self.step()
        self._started = True

    def step(self) -> None:
        """A step is done."""
        self._steps += self._started
        self._deadline = time.monotonic() + self.stall_seconds

    def finished(self) -> None:
        """The last step is done: peers may go now."""
        self._finished = True

    def await_done(self) -> int:
        """Stay until the run's work is done; the exit code to leave with.

        A worker that leaves after its last step can take the answer of that step from the chief, who then
        starts again and waits for a worker whose index is complete. And a chief that is lost before it has
        published needs the others once more.
        """
        chief = self.worker.others[0]
        refused = 0
        while not self._is_done():
            if self.stopping:
                return EXIT_PREEMPTED
            refused = 0 if _answers(chief) else refused + 1
            if refused >= REFUSALS:
                return 0 if self._is_done() else EXIT_PEER_LOST
            time.sleep(INTERVAL_SECONDS / 2)
        return 0

    def _look(self) -> None:
        ticks = 0
        while not self._finished:
            time.sleep(INTERVAL_SECONDS)
            ticks += 1
            now = time.monotonic()
            if self._asked_to_stop is not None and now > self._asked_to_stop + self.stop_seconds:
                self._end(EXIT_PREEMPTED, "SIGTERM came before there was anything to save")
            elif self._finished:
                return
            elif now > self._deadline and not self._gathering:
                what = "no step was done" if self._started else "the workers did not find each other"
                self._end(EXIT_PEER_LOST, f"{what} in time")
            elif self._started:
                self._look_after_peers()
                # Not before it has got on: a worker that comes and goes must not keep the others from it.
                if self._steps and self.worker.is_chief and not self.regrouping:
                    self._look_for_absent()
            elif ticks % 5 == 0 and self._is_done():
                self._end(0, "the others have finished the run meanwhile")

    def _look_after_peers(self) -> None:
        for peer in self.worker.others:
            self._refused[peer] = 0 if _answers(peer) else self._refused[peer] + 1
            if self._refused[peer] >= REFUSALS and not self._finished:
                self._end(
                    EXIT_PEER_LOST, f"worker {peer[0]}:{peer[1]} is gone; going on from the last checkpoint"
                )

    def _look_for_absent(self) -> None:
        for peer in self.worker.absent:
            if self._back(peer):
                print(f"isthmus: worker {peer} is back; starting again with it", file=sys.stderr, flush=True)
                self.regrouping = True
                self.ask_to_stop()
                return

    def _end(self, code: int, why: str) -> None:
        print(f"isthmus: {why} (exit code {code})", file=sys.stderr, flush=True)
        sys.stdout.flush()
        self._leave(code)


def _answers(peer: tuple[str, int]) -> bool:
    try:
        socket.create_connection(peer, CONNECT_SECONDS).close()
    except OSError:
        return False
    return True
