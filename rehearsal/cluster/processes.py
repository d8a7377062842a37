"""One container as a process of this machine: start it, know it again, signal it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from rehearsal import json_files
from rehearsal.cluster import shim

SHIM = Path(shim.__file__)
# A shim needs 30 ms to say that it runs; on a machine that is swapped out it needs more.
_SHIM_START_SECONDS = 20.0


@dataclass
class Run:
    """The runs of one container of one pod; ``folder`` tells the next agent of them."""

    folder: Path
    _shims: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _ordered: float = 0.0

    def start(
        self,
        argv: Sequence[str],
        env: Mapping[str, str],
        cwd: Path,
        log: Path,
        wake: Path,
        attempt: int,
    ) -> None:
        """Order the run number ``attempt`` (counted from 0); returns before it has begun."""
        self.folder.mkdir(parents=True, exist_ok=True)
        order = {
            "argv": list(argv),
            "env": dict(env),
            "cwd": str(cwd),
            "log": str(log),
            "previous": str(log.with_suffix(".previous.log")),
            "wake": str(wake),
            "attempt": attempt,
        }
        json_files.write(self.folder / "order.json", order, private=True)
        self._shims.append(
            subprocess.Popen(
                [sys.executable, "-I", "-S", str(SHIM), str(self.folder)],
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                cwd="/",
            )
        )
        self._ordered = time.time()

    def ordered(self) -> int | None:
        """Number of the last run that was ordered, None before the first."""
        order = json_files.read(self.folder / "order.json")
        return None if order is None else int(order["attempt"])

    def order(self) -> dict[str, Any]:
        """What was ordered last: argv, env, cwd."""
        return json_files.read(self.folder / "order.json") or {}

    def state(self) -> dict[str, Any] | None:
        """``attempt``, ``pid``, ``started`` and, once it has ended, ``exitCode`` and ``finished`` (POSIX
        seconds) of the run ordered last; None while it has not begun.

        A run whose shim was killed ends with exit code 137.
        """
        self._shims = [shim for shim in self._shims if shim.poll() is None]
        for _ in range(2):
            state, attempt = json_files.read(self.folder / "state.json"), self.ordered()
            begun = state is not None and state["attempt"] == attempt
            if begun and "exitCode" in state:
                return dict(state)
            if self._shims or self.has_shim():
                return dict(state) if begun else None
            if not begun and time.time() - self._ordered < _SHIM_START_SECONDS and self._ordered:
                return None
            # Read once more: the shim may have written its last word just before it ended.
        now = time.time()
        lost = {"attempt": attempt, "pid": 0, "started": now, **(state if begun else {})}
        if lost["pid"]:
            self._kill_session(lost["pid"])
        lost |= {"exitCode": 137, "finished": now}
        json_files.write(self.folder / "state.json", lost)
        return lost

    def has_shim(self) -> bool:
        """Whether a shim holds this run, also one that an earlier agent started."""
        try:
            end = os.open(self.folder / "lock", os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(end, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        else:
            return False
        finally:
            os.close(end)

    def terminate(self) -> None:
        """Send SIGTERM to the container's first process, as the kubelet does."""
        if pid := self._pid():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL to every process of the container."""
        if pid := self._pid():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _pid(self) -> int | None:
        state = json_files.read(self.folder / "state.json")
        if state is None or "exitCode" in state or not self.has_shim():
            return None
        return int(state["pid"])

    @staticmethod
    def _kill_session(leader: int) -> None:
        for process in psutil.process_iter():
            with contextlib.suppress(OSError):
                if os.getsid(process.pid) == leader:
                    os.kill(process.pid, signal.SIGKILL)


def end(runs: Iterable[Run], seconds: float) -> bool:
    """Kill all of them, and say whether they were gone within so many seconds."""
    left = [run for run in runs if run.has_shim()]
    for run in left:
        run.kill()
    deadline = time.monotonic() + seconds
    while any(run.has_shim() for run in left):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def runs_below(folder: Path) -> Iterator[Run]:
    """Every container's runs below a folder of pods or clusters."""
    for lock in folder.glob("**/run/*/lock"):
        yield Run(lock.parent)
