"""However a run of the tests ends, nothing that it started outlives it: no server, no node agent, no pod.

Rehearsals outlive the command that started them, on purpose: their processes have sessions of their own, and
no signal to pytest reaches them. So every process of a run carries a mark in its environment, and a watcher
that no signal to the run reaches either ends all of them, with their children, once pytest is gone: by its
own end, SIGTERM, SIGHUP or SIGKILL.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
import uuid

import psutil

VARIABLE = "ISTHMUS_TESTS"
_LOOK_SECONDS = 0.3
_END_SECONDS = 30.0


def watch() -> None:
    """Mark what this process starts from now on, and have it ended when this process has."""
    mark = uuid.uuid4().hex
    # A run inside a run is of both.
    os.environ[VARIABLE] = f"{os.environ.get(VARIABLE, '')},{mark}"
    subprocess.Popen(
        [sys.executable, __file__, mark, str(os.getpid())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={name: value for name, value in os.environ.items() if name != VARIABLE},
    )


def marked(mark: str) -> list[psutil.Process]:
    """Every living process with the mark, and all of their children: a pod has an environment of its own."""
    found: dict[int, psutil.Process] = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if mark in process.environ().get(VARIABLE, ""):
                for candidate in (process, *process.children(recursive=True)):
                    if candidate.status() != psutil.STATUS_ZOMBIE:
                        found[candidate.pid] = candidate
    return list(found.values())


def main(mark: str, pytest: int) -> None:
    while os.getppid() == pytest:
        time.sleep(_LOOK_SECONDS)
    deadline = time.monotonic() + _END_SECONDS
    # Again: what was just starting something may have got to it.
    while (left := marked(mark)) and time.monotonic() < deadline:
        for process in left:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(left, timeout=1)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
