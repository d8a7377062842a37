"""The node agent from outside: have one, end it.

One daemon per home. It outlives the command that started it and ends with ``isthmus down`` (or by itself,
when no pod has been asked for in a while).
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time

import psutil
from filelock import FileLock

from isthmus.errors import IsthmusError
from rehearsal import json_files
from rehearsal.cluster import addresses, wake
from rehearsal.cluster.agent_loop import ABOUT, LOCK, STARTING
from rehearsal.cluster.processes import end, runs_below
from rehearsal.home import Home
from rehearsal.programs.endings import still_running

_START_SECONDS = 30.0
_STOP_SECONDS = 45.0


class AgentFailed(IsthmusError):
    """The node agent does not come up or does not end; the message says where to look."""


def is_running(home: Home) -> bool:
    """Whether an agent of this home lives. Starts nothing."""
    try:
        end = os.open(home.clusters / LOCK, os.O_RDWR | os.O_CLOEXEC)
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


def ensure(home: Home) -> None:
    """Have an agent at work for this home, and tell it to look. Raises AgentFailed when none comes up."""
    home.clusters.mkdir(parents=True, exist_ok=True)
    with FileLock(home.clusters / STARTING, timeout=2 * _START_SECONDS):
        if not is_running(home):
            _start(home)
    wake.poke(home.clusters)


def _start(home: Home) -> None:
    log = home.clusters / "agent.log"
    with log.open("ab") as output:
        started = subprocess.Popen(
            [sys.executable, "-m", "rehearsal.node_agent", str(home.root.absolute())],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd=home.clusters,
            env=home.environment(),
        )
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        # Its own number, not only the lock: the lock of a dying agent would do as well.
        if (json_files.read(home.clusters / ABOUT) or {}).get("pid") == started.pid:
            return
        if started.poll() is not None and not is_running(home):
            break
        time.sleep(0.02)
    raise AgentFailed(f"the node agent of the rehearsal did not come up; its log is {log}")


def stop(home: Home) -> bool:
    """End the agent and every process of every pod; says whether anything ran.

    Also ends what a killed agent left. Raises AgentFailed when something does not end.
    """
    if not home.clusters.is_dir():
        return False
    with FileLock(home.clusters / STARTING, timeout=2 * _STOP_SECONDS):
        ran = _stop_agent(home)
        left = [run for run in runs_below(home.clusters) if run.has_shim()]
        if not end(left, _STOP_SECONDS):
            raise AgentFailed(f"a pod's process below {home.clusters} does not end: see its state.json")
        addresses.release(home)
        (home.clusters / ABOUT).unlink(missing_ok=True)
        return ran or bool(left)


def _stop_agent(home: Home) -> bool:
    if not is_running(home):
        return False
    pid = int((json_files.read(home.clusters / ABOUT) or {}).get("pid", 0))
    # The lock is held, so the number in the file is that of a living agent of ours.
    ending: list[psutil.Process] = []
    if pid:
        with contextlib.suppress(psutil.NoSuchProcess):
            ending.append(psutil.Process(pid))
    deadline, asked = time.monotonic() + _STOP_SECONDS, False
    while is_running(home):
        if pid and not asked:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
            asked = True
        if time.monotonic() > deadline:
            with contextlib.suppress(psutil.Error, OSError):
                os.kill(pid, signal.SIGKILL)
            break
        time.sleep(0.02)
    still_running(ending, _STOP_SECONDS)  # it lets go of the lock a moment before it is gone
    return True


__all__ = ["AgentFailed", "ensure", "is_running", "stop"]
