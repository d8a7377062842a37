"""Stands between the node agent and one container process, as containerd's shim does.

Run as a script of its own by ``processes.Run`` (standard library only: one of these stays alive for each
container). The agent may die and come back: the shim keeps the process, its log and, in the end, its exit
code, and holds a lock for as long as it lives, so that nobody runs the same container twice. The process dies
with the shim, and everything it started dies with the process, as in a PID namespace.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import signal
import sys
import time

TYPE_CHECKING = False  # importing typing would double the start-up time
if TYPE_CHECKING:
    from typing import Any

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
LOCK_TRIES = 40


def prctl(option: int, value: int) -> None:
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def write(path: str, value: dict[str, object]) -> None:
    with open(path + ".new", "w") as file:  # noqa: PTH123 - pathlib doubles the start-up time
        json.dump(value, file)
    os.replace(path + ".new", path)  # noqa: PTH105


def lock(folder: str) -> bool:
    end = os.open(os.path.join(folder, "lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)  # noqa: PTH118
    # Somebody who only looks whether a shim lives holds the lock for an instant.
    for _ in range(LOCK_TRIES):
        try:
            fcntl.flock(end, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            time.sleep(0.05)
    return False


def run(order: dict[str, Any], log: int) -> None:
    """Become the container's process; called in the child."""
    try:
        os.setsid()
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0), os.dup2(log, 1), os.dup2(log, 2)
        os.chdir(str(order["cwd"]))
        argv, env = order["argv"], order["env"]
        os.execvpe(argv[0], argv, env)  # noqa: S606
    except OSError as error:
        os.write(2, f"cannot start {order['argv']}: {error}\n".encode())
    finally:
        os._exit(127)


def end_the_rest(pid: int) -> None:
    """Kill what the process left behind: its group, and its orphans, who have become children of ours."""
    with contextlib.suppress(OSError):
        os.killpg(pid, signal.SIGKILL)
    for _ in range(200):
        try:
            with open("/proc/thread-self/children") as file:  # noqa: PTH123
                children = [int(child) for child in file.read().split()]
        except OSError:
            children = []
        for child in children:
            with contextlib.suppress(OSError):
                os.kill(child, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.01)


def main(folder: str) -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    if not lock(folder):
        return
    state_path = os.path.join(folder, "state.json")  # noqa: PTH118
    with open(os.path.join(folder, "order.json")) as file:  # noqa: PTH118, PTH123
        order = json.load(file)
    with contextlib.suppress(OSError, ValueError), open(state_path) as file:  # noqa: PTH123
        if json.load(file)["attempt"] >= order["attempt"]:
            return
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    with contextlib.suppress(FileNotFoundError):
        os.replace(order["log"], order["previous"])  # noqa: PTH105
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    started = time.time()
    pid = os.fork()
    if pid == 0:
        run(order, log)
    os.close(log)
    state = {"attempt": order["attempt"], "pid": pid, "shim": os.getpid(), "started": started}
    write(state_path, state)
    while True:
        ended, how = os.waitpid(-1, 0)
        if ended == pid:
            break
    end_the_rest(pid)
    code = os.waitstatus_to_exitcode(how)
    # 128 + signal, as a container runtime reports it.
    state |= {"exitCode": code if code >= 0 else 128 - code, "finished": time.time()}
    write(state_path, state)
    with contextlib.suppress(OSError):
        os.write(os.open(order["wake"], os.O_WRONLY | os.O_NONBLOCK), b".")


if __name__ == "__main__":
    main(sys.argv[1])
