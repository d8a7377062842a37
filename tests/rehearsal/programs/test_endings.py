"""What ends a process, also one whose end its parent has not asked for."""

import subprocess
import sys

import psutil

from rehearsal.programs.endings import end, still_running

STUBBORN = (
    "import signal, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "print('up', flush=True)\n"
    "time.sleep(600)\n"
)


def begun(script: str) -> subprocess.Popen[str]:
    started = subprocess.Popen([sys.executable, "-S", "-c", script], stdout=subprocess.PIPE, text=True)
    assert started.stdout is not None
    assert started.stdout.readline() == "up\n"
    return started


def test_what_its_own_parent_never_asks_for_has_ended_all_the_same() -> None:
    parent = begun(
        "import os, subprocess, time\n"
        "child = subprocess.Popen(['true'])\n"
        "print('up', flush=True)\n"
        "time.sleep(600)\n"
    )
    (process,) = psutil.Process(parent.pid).children()
    assert still_running([process], 60) == []
    assert process.status() == psutil.STATUS_ZOMBIE
    parent.kill()
    parent.communicate()


def test_what_does_not_listen_is_killed() -> None:
    started = begun(STUBBORN)
    process = psutil.Process(started.pid)
    assert still_running([process], 0) == [process]
    end([process], 0.1)
    assert still_running([process], 0) == []
    started.communicate()
