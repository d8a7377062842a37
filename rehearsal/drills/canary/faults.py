"""What goes wrong with a canary's servers: one that is slow, one that ends again and again."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import psutil

from rehearsal.cluster.cluster import Cluster
from rehearsal.drills.load.faults import serving_pods, tritons
from rehearsal.home import Home
from rehearsal.plugins.kubernetes.objects import annotation

RELEASE: Final = "isthmus.dev/release"
_STOPPED_SECONDS: Final = 0.8
"""Short of the second in which a front gives a question up: what is not answered has no time."""
_RUNS_SECONDS: Final = 0.1
_CRASHES_EVERY_SECONDS: Final = 3.0


@contextmanager
def slow(home: Home, cluster: Cluster, release: str) -> Iterator[None]:
    """Take the processor from the servers of a release for most of each second."""

    def hold() -> None:
        found = _servers(home, cluster, release)
        _signal(found, signal.SIGSTOP)
        over.wait(_STOPPED_SECONDS)
        _signal(found, signal.SIGCONT)

    over = threading.Event()
    with _again(hold, _RUNS_SECONDS, over):
        yield


@contextmanager
def crashing(home: Home, cluster: Cluster, release: str) -> Iterator[None]:
    """End the servers of a release every few seconds, as a defect of their own would."""
    over = threading.Event()
    with _again(
        lambda: _signal(_servers(home, cluster, release), signal.SIGKILL), _CRASHES_EVERY_SECONDS, over
    ):
        yield


@contextmanager
def _again(act: Callable[[], None], pause: float, over: threading.Event) -> Iterator[None]:
    def go_on() -> None:
        while not over.wait(pause):
            act()

    thread = threading.Thread(target=go_on, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _servers(home: Home, cluster: Cluster, release: str) -> list[psutil.Process]:
    folders = [
        cluster.pod_folder(pod["metadata"]["namespace"], pod["metadata"]["name"]).resolve()
        for pod in serving_pods(cluster)
        if annotation(pod, RELEASE) == release
    ]
    found = []
    for process in tritons(home, cluster):
        with suppress(psutil.Error):
            here = Path(process.cwd())
            if any(here.is_relative_to(folder) for folder in folders):
                found.append(process)
    return found


def _signal(processes: list[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        with suppress(psutil.Error):
            process.send_signal(number)


__all__ = ["RELEASE", "crashing", "slow"]
