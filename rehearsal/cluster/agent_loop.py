"""The node agent itself: ``python -m rehearsal.node_agent``, one process per home.

Asleep until an API server's word, the end of a process or a deadline wakes it. Everything it knows is there
or on disk: a new agent takes over the processes that a killed one left (their shims kept them).
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import signal
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from filelock import FileLock, Timeout

from rehearsal import json_files
from rehearsal.cluster import wake
from rehearsal.cluster.addresses import Addresses
from rehearsal.cluster.cluster import Cluster
from rehearsal.cluster.container import NEVER_WAKES, Tools
from rehearsal.cluster.images import Programs
from rehearsal.cluster.node import Node
from rehearsal.cluster.pod import PodRunner
from rehearsal.control_plane import running
from rehearsal.control_plane.errors import ControlPlaneError
from rehearsal.control_plane.of_home import control_planes
from rehearsal.home import Home

LOCK = "agent.lock"
STARTING = "agent.starting.lock"
ABOUT = "agent.json"
_LONGEST_SLEEP = 30.0
_IDLE_SECONDS = 60.0
_STOP_GRACE_SECONDS = 10.0
_PROBE_THREADS = 8


class Agent:
    """Runs the pods of a home's clusters."""

    def __init__(self, home: Home, programs: Programs) -> None:
        self._home = home
        self._folder = home.clusters
        self._pipe = wake.open_pipe(self._folder)
        self._pool = ThreadPoolExecutor(_PROBE_THREADS, thread_name_prefix="probe")
        self._tools = Tools(self._pool, lambda: wake.poke(self._folder), self._folder / wake.NAME, programs)
        self._addresses = Addresses(home)
        self._nodes: dict[str, Node] = {}
        self._pods: dict[tuple[str, str], PodRunner] = {}
        self._stopping = False
        self._busy_at = time.time()

    def stop(self, *_: object) -> None:
        """End every pod, then the agent."""
        self._stopping = True
        wake.poke(self._folder)

    def run(self) -> None:
        """Work until it is stopped or there has been nothing to do for a while."""
        due = 0.0
        while True:
            ready, _, _ = select.select(
                [self._pipe], [], [], max(0.0, min(due - time.time(), _LONGEST_SLEEP))
            )
            if ready:
                wake.drain(self._pipe)
            now = time.time()
            if self._stopping:
                self._end_everything()
                return
            due = self._pass(now)
            if self._pods or control_planes(self._home):
                self._busy_at = now
            elif now - self._busy_at > _IDLE_SECONDS and self._may_leave():
                return

    def _pass(self, now: float) -> float:
        """Look at every cluster once; returns when to come again (POSIX seconds)."""
        due = now + NEVER_WAKES
        for node in self._there():
            try:
                if node.step():
                    due = min(due, self._run_pods(node.cluster, now))
                    self._addresses.keep_jobs(node.cluster.name, node.job_uids())
            except ControlPlaneError:
                due = min(due, now + 1.0)  # it is ended or started again: what runs goes on
            except Exception:  # one bad object must not end the others' pods
                traceback.print_exc()
                due = min(due, now + 5.0)
        for name in {name for name, _ in self._pods} - self._nodes.keys():
            due = min(due, self._end_others(name, set(), now))
        return due

    def _there(self) -> list[Node]:
        urls = {plane.site: running.url(plane) for plane in control_planes(self._home)}
        for name, node in [*self._nodes.items()]:
            if urls.get(name) != node.cluster.url:
                node.close()
                del self._nodes[name]
                if name in urls:  # to be taken over as by a new agent
                    self._pods = {key: pod for key, pod in self._pods.items() if key[0] != name}
        for name in urls.keys() - self._nodes.keys():
            try:
                self._nodes[name] = Node(self._home, name, self._addresses, self._tools.wake)
            except Exception:  # a broken control plane must not end the others' pods
                traceback.print_exc()
        return [*self._nodes.values()]

    def _run_pods(self, cluster: Cluster, now: float) -> float:
        due, seen = now + NEVER_WAKES, set()
        for pod in cluster.pods_here():
            key = (cluster.name, pod["metadata"]["uid"])
            runner = self._pods.get(key)
            if runner is None:
                runner = self._pods[key] = PodRunner(cluster, pod, self._addresses, self._tools)
            runner.pod = pod
            seen.add(key)
            if not runner.gone:
                due = min(due, runner.step(now))
        return min(due, self._end_others(cluster.name, seen, now))

    def _end_others(self, cluster: str, seen: set[tuple[str, str]], now: float) -> float:
        """End the pods of a cluster that are not there any more: taken out by hand, or with all of it."""
        due = now + NEVER_WAKES
        for key in [key for key in self._pods if key[0] == cluster and key not in seen]:
            if not self._pods[key].gone:
                due = min(due, self._pods[key].remove(now))
            if self._pods[key].gone:
                del self._pods[key]
        return due

    def _may_leave(self) -> bool:
        """Leave only while nobody is starting an agent, and stay if there is work after all."""
        lock = FileLock(self._folder / STARTING)
        with contextlib.suppress(Timeout), lock.acquire(timeout=0):
            if not control_planes(self._home):
                os._exit(0)  # with the lock held: whoever waits for it sees that no agent is left
        return False

    def _end_everything(self) -> None:
        deadline = time.time() + _STOP_GRACE_SECONDS + 20.0
        while time.time() < deadline:
            now = time.time()
            # Every one is asked before any is waited for.
            left = [
                ended for ended, _ in (pod.stop_now(now, _STOP_GRACE_SECONDS) for pod in self._pods.values())
            ]
            if all(left):
                break
            select.select([self._pipe], [], [], 0.1)
            wake.drain(self._pipe)


def main(root: str, programs: Programs) -> int:
    """Run the agent of the home at ``root``; another agent of the same home makes this one leave."""
    home = Home(Path(root))
    home.clusters.mkdir(parents=True, exist_ok=True)
    lock = os.open(home.clusters / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return 0
    agent = Agent(home, programs)
    signal.signal(signal.SIGTERM, agent.stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    json_files.write(home.clusters / ABOUT, {"pid": os.getpid()})
    agent.run()
    # Threads that still wait for a probe's answer hold nothing up.
    os._exit(0)
