"""Waiting as pulumi-kubernetes does: a Job until it completes, a Deployment until it is out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from isthmus.errors import IsthmusError
from rehearsal.cluster import agent
from rehearsal.cluster.deployment import not_run, rollout
from rehearsal.cluster.job import is_over
from rehearsal.cluster.record import Cluster

SKIP = "pulumi.com/skipAwait"
TIMEOUT = "pulumi.com/timeoutSeconds"
_POLL_SECONDS = 0.1
_ENSURE_SECONDS = 2.0
_DEFAULT_SECONDS = {"Deployment": 600.0, "Job": 3600.0}
"""pulumi-kubernetes' 10 minutes for a Deployment. Training on two cores may take longer than its 10."""
_LOG_LINES = 15


class NotReady(IsthmusError):
    """What was waited for did not come; the message says why, with the last words of a pod."""


def ready(cluster: Cluster, object: dict[str, Any], stopped: threading.Event) -> dict[str, Any]:
    """Wait for an object that was applied just now; returns it as it is then. Raises NotReady."""
    kind, meta = object["kind"], object["metadata"]
    look = {"Deployment": _deployment, "Job": _job}.get(kind)
    if look is None:
        if kind == "CronJob":
            agent.ensure(cluster.home)
        return object
    agent.ensure(cluster.home)
    template = object["spec"]["template"]["spec"]
    annotations = meta.get("annotations", {})
    if annotations.get(SKIP) == "true" or not_run(template):
        return object
    # The controller's own deadline says more than giving up the wait would.
    deadline = object["spec"].get("activeDeadlineSeconds") or object["spec"].get("progressDeadlineSeconds", 0)
    limit = float(annotations.get(TIMEOUT) or max(_DEFAULT_SECONDS[kind], deadline + 60))
    return _wait(cluster, kind, meta, look, limit, stopped)


def _wait(
    cluster: Cluster,
    kind: str,
    meta: dict[str, Any],
    look: Callable[[Cluster, dict[str, Any]], tuple[bool, str]],
    limit: float,
    stopped: threading.Event,
) -> dict[str, Any]:
    started = ensured = time.monotonic()
    what = f"{kind} {meta['namespace']}/{meta['name']}"
    while True:
        now = cluster.get(kind, meta["name"], meta["namespace"])
        if now is None:
            raise NotReady(f"{what} was deleted by somebody else while it was waited for")
        done, waits = look(cluster, now)
        if done:
            return now
        if time.monotonic() - started > limit:
            raise NotReady(f"{what} is not ready after {limit:g} s: {waits}{last_words(cluster, now)}")
        if stopped.wait(_POLL_SECONDS):
            raise NotReady(f"{what} is not ready yet, and nobody waits for it any longer: {waits}")
        if time.monotonic() - ensured > _ENSURE_SECONDS:
            ensured = time.monotonic()
            if not agent.is_running(cluster.home):
                agent.ensure(cluster.home)


def _job(cluster: Cluster, job: dict[str, Any]) -> tuple[bool, str]:
    if not isinstance(job.get("status"), dict):
        return False, "the node agent has not seen it yet"
    over = is_over(job)
    if over is None:
        if job["spec"].get("suspend"):
            return True, ""
        status = job["status"]
        return False, f"{status['succeeded']} of {job['spec']['completions']} have succeeded"
    completed, why = over
    if not completed:
        meta = job["metadata"]
        raise NotReady(f"Job {meta['namespace']}/{meta['name']} failed: {why}{last_words(cluster, job)}")
    return True, ""


def _deployment(cluster: Cluster, deployment: dict[str, Any]) -> tuple[bool, str]:
    done, waits = rollout(deployment)
    for condition in deployment.get("status", {}).get("conditions", ()):
        late = condition["type"] == "Progressing" and condition["status"] == "False"
        if (
            late
            and not done
            and deployment["status"]["observedGeneration"] == deployment["metadata"]["generation"]
        ):
            meta = deployment["metadata"]
            raise NotReady(
                f"Deployment {meta['namespace']}/{meta['name']} does not get on ({condition['message']}): "
                f"{waits}{last_words(cluster, deployment)}"
            )
    return done, waits


def gone(cluster: Cluster, kind: str, name: str, namespace: str, limit: float) -> bool:
    """Wait until a deleted object's processes have ended and it is out of the record."""
    deadline = time.monotonic() + limit
    agent.ensure(cluster.home)
    ensured = time.monotonic()
    while cluster.get(kind, name, namespace) is not None:
        if time.monotonic() > deadline:
            return False
        if time.monotonic() - ensured > _ENSURE_SECONDS:
            ensured = time.monotonic()
            agent.ensure(cluster.home)
        time.sleep(_POLL_SECONDS / 2)
    return True


def last_words(cluster: Cluster, owner: dict[str, Any]) -> str:
    """What a pod that is in trouble says: its reason, and the last lines of its log."""
    pods = cluster.pods(owner["metadata"]["uid"])
    troubled = [(pod, status) for pod in pods for status in _troubled(pod)]
    if not troubled:
        waiting = [pod["status"]["message"] for pod in pods if pod.get("status", {}).get("message")]
        return f"; {waiting[0]}" if waiting else ""
    pod, status = troubled[-1]
    meta = pod["metadata"]
    folder = cluster.pod_folder(meta["namespace"], meta["name"])
    words = f"; container {status['name']} of pod {meta['name']} {_fate(status)}"
    for log in (folder / f"{status['name']}.log", folder / f"{status['name']}.previous.log"):
        if log.is_file() and log.stat().st_size:
            lines = log.read_text(errors="replace").splitlines()[-_LOG_LINES:]
            return f"{words}, and its last lines are:\n" + "\n".join(f"  {line}" for line in lines)
    return words


def _troubled(pod: dict[str, Any]) -> list[dict[str, Any]]:
    status = pod.get("status", {})
    every = (*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ()))
    return [
        container
        for container in every
        if _exit(container) not in (None, 0) or _reason(container) not in ("", "ContainerCreating")
    ] or [
        container
        for container in status.get("containerStatuses", ())
        if not container["ready"] and "running" in container["state"]
    ]


def _exit(status: dict[str, Any]) -> int | None:
    for part in ("state", "lastState"):
        code = status.get(part, {}).get("terminated", {}).get("exitCode")
        if code is not None:
            return int(code)
    return None


def _reason(status: dict[str, Any]) -> str:
    return str(status.get("state", {}).get("waiting", {}).get("reason", ""))


def _fate(status: dict[str, Any]) -> str:
    code = _exit(status)
    if code not in (None, 0):
        again = f" after {status['restartCount']} restarts" if status["restartCount"] else ""
        return f"ended with exit code {code}{again}"
    waiting = status.get("state", {}).get("waiting", {})
    if waiting:
        return f"waits ({waiting['reason']}): {waiting.get('message', '')}".rstrip(": ")
    return "runs but is not ready"
