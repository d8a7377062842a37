"""What ends a process, also one whose end its parent has not asked for."""

import subprocess
import sys
import time

import psutil
import pytest

from rehearsal.ports import is_free
from rehearsal.programs.endings import end, end_family, still_running

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


@pytest.mark.skipif(sys.platform != "linux", reason="its kernel tells how many threads are left")
def test_a_process_whose_first_thread_is_gone_has_not_ended_and_holds_its_port() -> None:
    started = begun(
        "import ctypes, os, platform, signal, socket, threading\n"
        "door = socket.create_server(('127.0.0.1', 0))\n"
        "threading.Thread(target=signal.sigwait, args=[{signal.SIGUSR1}]).start()\n"
        "print('up', door.getsockname()[1], sep='\\n', flush=True)\n"
        "ctypes.CDLL(None).syscall({'x86_64': 60, 'aarch64': 93}[platform.machine()], 0)\n"
    )
    process = psutil.Process(started.pid)
    assert started.stdout is not None
    port = int(started.stdout.readline())
    while process.status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)
    assert not is_free(port)
    assert still_running([process], 0) == [process]
    process.kill()
    assert still_running([process], 60) == []
    assert is_free(port)
    started.communicate()


def test_what_does_not_listen_is_killed() -> None:
    started = begun(STUBBORN)
    process = psutil.Process(started.pid)
    assert still_running([process], 0) == [process]
    end([process], 0.1)
    assert still_running([process], 0) == []
    started.communicate()


def test_a_family_has_ended_with_those_that_were_forked_while_it_was_listed() -> None:
    """Also where the list was empty, since the parent was gone and its child not yet seen."""
    started = [begun(STUBBORN)]
    family = [psutil.Process(started[0].pid)]
    unseen = [False, True, False, True]

    def living() -> list[psutil.Process]:
        found = still_running(family, 0)
        if not unseen:
            return found
        started.append(begun(STUBBORN))
        family.append(psutil.Process(started[-1].pid))
        return [] if unseen.pop(0) else found

    assert end_family(living, 0.1)
    assert still_running(family, 0) == []
    assert len(family) == 5
    assert not end_family(living, 0.1)
    for one in started:
        one.communicate()
