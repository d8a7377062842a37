"""The node agent itself: ``python -m rehearsal.node_agent``, one process per home.

Asleep until a change of a record, the end of a process or a deadline wakes it. Everything it knows is on
disk: a new agent takes over the processes that a killed one left (their shims kept them).
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import shutil
import signal
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from rehearsal import json_files
from rehearsal.cluster import wake
from rehearsal.cluster.addresses import Addresses
from rehearsal.cluster.any_cluster import AnyCluster
from rehearsal.cluster.container import NEVER_WAKES, Tools
from rehearsal.cluster.cron_job import CronJobPass, drop_orphans
from rehearsal.cluster.deployment import DeploymentPass
from rehearsal.cluster.images import Programs
from rehearsal.cluster.job import JobPass
from rehearsal.cluster.live_node import LiveNode
from rehearsal.cluster.pod import PodRunner
from rehearsal.cluster.record import Cluster, clusters
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


class Node:
    """Runs what the records of a home say."""

    def __init__(self, home: Home, programs: Programs) -> None:
        self._home = home
        self._folder = home.clusters
        self._pipe = wake.open_pipe(self._folder)
        self._pool = ThreadPoolExecutor(_PROBE_THREADS, thread_name_prefix="probe")
        self._tools = Tools(self._pool, lambda: wake.poke(self._folder), self._folder / wake.NAME, programs)
        self._addresses = Addresses(home)
        self._clusters: dict[str, Cluster] = {}
        self._live: dict[str, LiveNode] = {}
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
            due = self._look(now)
            if self._pods or self._has_work():
                self._busy_at = now
            elif now - self._busy_at > _IDLE_SECONDS and self._may_leave():
                return

    def _look(self, now: float) -> float:
        """One pass over every cluster, repeated while it changes anything by itself."""
        for _ in range(50):
            due, changed = self._pass(now)
            if not changed:
                break
        return due

    def _pass(self, now: float) -> tuple[float, bool]:
        due, changed = now + NEVER_WAKES, False
        for found in clusters(self._home):
            # Kept, because a cluster remembers the files it has parsed.
            cluster = self._clusters.setdefault(found.name, found)
            before = cluster.writes
            for make in (self._cron_jobs, self._jobs, self._deployments, self._run_pods):
                try:
                    due = min(due, make(cluster, now))
                except Exception:  # one bad object must not end the others' pods
                    traceback.print_exc()
                    due = min(due, now + 5.0)
            self._namespaces(cluster)
            changed = changed or cluster.writes != before
        due = min(due, self._live_pass(now))
        there = {*self._live, *(found.name for found in clusters(self._home))}
        for name in {name for name, _ in self._pods} - there:
            due = min(due, self._end_others(name, set(), now))
        return due, changed

    def _live_pass(self, now: float) -> float:
        """The same for the clusters with a control plane, whose own controllers do all but run the pods."""
        due = now + NEVER_WAKES
        for node in self._live_nodes():
            try:
                if node.step():
                    due = min(due, self._run_pods(node.cluster, now))
                    self._addresses.keep_jobs(node.cluster.name, node.job_uids())
            except ControlPlaneError:
                due = min(due, now + 1.0)  # it is ended or started again: what runs goes on
            except Exception:  # one bad object must not end the others' pods
                traceback.print_exc()
                due = min(due, now + 5.0)
        return due

    def _live_nodes(self) -> list[LiveNode]:
        urls = {plane.site: running.url(plane) for plane in control_planes(self._home)}
        for name, node in [*self._live.items()]:
            if urls.get(name) != node.cluster.url:
                node.close()
                del self._live[name]
                if name in urls:  # to be taken over as by a new agent
                    self._pods = {key: pod for key, pod in self._pods.items() if key[0] != name}
        for name in urls.keys() - self._live.keys():
            try:
                self._live[name] = LiveNode(self._home, name, self._tools.wake)
            except Exception:  # a broken control plane must not end the others' pods
                traceback.print_exc()
        return [*self._live.values()]

    def _cron_jobs(self, cluster: Cluster, now: float) -> float:
        due = now + NEVER_WAKES
        for cron_job in cluster.list("CronJob"):
            due = min(due, CronJobPass(cluster, cron_job, now).run())
        drop_orphans(cluster)
        return due

    def _jobs(self, cluster: Cluster, now: float) -> float:
        due = now + NEVER_WAKES
        for job in cluster.list("Job"):
            look = JobPass(cluster, job, now, lambda pod, why, text: self._end_pod(cluster, pod, why, text))
            due = min(due, look.run())
            if look.gone:
                meta = job["metadata"]
                self._addresses.free(f"{cluster.name}/{meta['namespace']}/job-{meta['uid']}")
        return due

    def _deployments(self, cluster: Cluster, now: float) -> float:
        due = now + NEVER_WAKES
        for deployment in cluster.list("Deployment"):
            due = min(due, DeploymentPass(cluster, deployment, now).run())
        return due

    def _run_pods(self, cluster: AnyCluster, now: float) -> float:
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

    def _end_pod(self, cluster: Cluster, pod: dict[str, Any], reason: str, message: str) -> None:
        runner = self._pods.get((cluster.name, pod["metadata"]["uid"]))
        if runner is not None:
            runner.end(reason, message)

    def _namespaces(self, cluster: Cluster) -> None:
        for namespace in cluster.list("Namespace"):
            name = namespace["metadata"]["name"]
            if "deletionTimestamp" in namespace["metadata"] and cluster.empty_namespace(name):
                cluster.remove("Namespace", name)
                shutil.rmtree(cluster.folder / "pods" / name, ignore_errors=True)

    def _has_work(self) -> bool:
        kinds = ("Pod", "Job", "CronJob", "Deployment")
        if control_planes(self._home):
            return True
        return any(cluster.list(kind) for cluster in clusters(self._home) for kind in kinds)

    def _may_leave(self) -> bool:
        """Leave only while nobody is starting an agent, and stay if there is work after all."""
        lock = FileLock(self._folder / STARTING)
        with contextlib.suppress(Timeout), lock.acquire(timeout=0):
            if not self._has_work():
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
    node = Node(home, programs)
    signal.signal(signal.SIGTERM, node.stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    json_files.write(home.clusters / ABOUT, {"pid": os.getpid()})
    node.run()
    # Threads that still wait for a probe's answer hold nothing up.
    os._exit(0)
