"""What happens to the servers of a site while callers ask."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import psutil

from rehearsal.cluster.cluster import Cluster
from rehearsal.control_plane.errors import ApiRefused
from rehearsal.drills.drill import DrillFailed
from rehearsal.estate import NAMESPACE, SERVICE
from rehearsal.home import Home
from rehearsal.sandbox import processes_of

_PATIENCE_SECONDS: Final = 240.0
_TOO_MANY_REQUESTS: Final = 429


def tritons(home: Home, cluster: Cluster) -> list[psutil.Process]:
    """The tritonservers of a cluster's pods."""
    found = []
    for process in processes_of(home):
        try:
            here = Path(process.cwd()).is_relative_to(cluster.folder)
            if here and process.name() == "tritonserver":
                found.append(process)
        except psutil.Error:
            continue
    return found


def kill_triton(home: Home, cluster: Cluster) -> None:
    """End one tritonserver as a defect of its own would: at once, in the middle of its answers."""
    servers = tritons(home, cluster)
    if not servers:
        raise DrillFailed(f"no tritonserver runs in {cluster.name}")
    servers[0].kill()


def drain(cluster: Cluster) -> None:
    """Evict one pod, as the drain of its node would, and wait until its successor is ready."""
    pods = serving_pods(cluster)
    wanted, gone = len(pods), pods[0]
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            cluster.api.evict(gone)
            break
        except ApiRefused as refused:
            if refused.status != _TOO_MANY_REQUESTS or time.monotonic() > until:
                raise
            time.sleep(1)
    uid = gone["metadata"]["uid"]

    def replaced() -> bool:
        now = serving_pods(cluster)
        return uid not in {pod["metadata"]["uid"] for pod in now} and sum(map(is_ready, now)) >= wanted

    wait(replaced, f"no other pod is ready in {cluster.name} after one was evicted")


def serving_pods(cluster: Cluster) -> list[Any]:
    """The pods of Triton's Service, also those that are not ready."""
    found = cluster.list("Pod", NAMESPACE)
    return [
        pod for pod in found if pod["metadata"].get("labels", {}).get("app.kubernetes.io/name") == SERVICE
    ]


def is_ready(pod: Any) -> bool:
    """Whether a pod says that it is ready, and is not about to end."""
    conditions = pod.get("status", {}).get("conditions", ())
    ready = any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
    return ready and "deletionTimestamp" not in pod["metadata"]


def all_ready(cluster: Cluster, wanted: int) -> bool:
    """Whether exactly so many pods are there, and all of them ready."""
    pods = serving_pods(cluster)
    return len(pods) == wanted and all(map(is_ready, pods))


def wait(holds: Callable[[], bool], otherwise: str) -> None:
    """Wait until something holds. Raises DrillFailed where it does not come to that."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while not holds():
        if time.monotonic() > until:
            raise DrillFailed(f"{otherwise}, after {_PATIENCE_SECONDS:.0f} s")
        time.sleep(0.3)


__all__ = ["all_ready", "drain", "kill_triton", "serving_pods", "tritons", "wait"]
