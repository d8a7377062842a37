"""What ends a process, also one whose end its parent has not asked for."""

import subprocess
import sys

import psutil

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
