"""The Job controller: pods until enough indices (or pods) have succeeded, or too many have failed.

Everything is worked out anew from the record, so a killed agent forgets nothing. Finished pods stay, with
their logs, until the Job goes (``ttlSecondsAfterFinished`` is not counted down here).
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from rehearsal.cluster import backoff, clock
from rehearsal.cluster.container import NEVER_WAKES
from rehearsal.cluster.endpoints import is_ready
from rehearsal.cluster.pod_template import condition, create_pod
from rehearsal.cluster.record import Cluster

INDEX = "batch.kubernetes.io/job-completion-index"
_INDEX_FIELD = f"metadata.annotations['{INDEX}']"

End = Callable[[dict[str, Any], str, str], None]
"""Called with a pod, a reason and a message: stops the pod and keeps it as failed."""


class JobPass:
    """Brings one Job's pods one step nearer to what it asks for."""

    def __init__(self, cluster: Cluster, job: dict[str, Any], now: float, end: End) -> None:
        self._cluster, self._job, self._now, self._end = cluster, job, now, end
        self._spec = job["spec"]
        self._indexed = self._spec["completionMode"] == "Indexed"
        self._status: dict[str, Any] = copy.deepcopy(job.get("status", {}))
        self._conditions: list[dict[str, Any]] = self._status.setdefault("conditions", [])
        pods = cluster.pods(job["metadata"]["uid"])
        self._deleting = [pod for pod in pods if "deletionTimestamp" in pod["metadata"]]
        self._pods = [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]

    def run(self) -> float:
        """Make or end pods and write the Job's status; returns when to come again (POSIX seconds)."""
        if "deletionTimestamp" in self._job["metadata"]:
            return self._delete()
        if is_over(self._job) is not None:
            for pod in self._active():
                self._end(pod, "JobOver", "its Job is over")
            self._write()
            return self._now + NEVER_WAKES
        self._status.setdefault("startTime", clock.stamp(self._now))
        due = [self._now + NEVER_WAKES]
        if verdict := self._verdict():
            kind, reason, message = verdict
            condition(self._conditions, kind, "True", reason, message)
            self._status["completionTime"] = clock.stamp(self._now)
            for pod in self._active():
                self._end(pod, reason, message)
        elif not self._spec.get("suspend"):
            due.append(self._make_pods())
            if limit := self._spec.get("activeDeadlineSeconds"):
                due.append(clock.seconds(self._status["startTime"]) + limit)
        else:
            for pod in self._active():
                self._cluster.delete("Pod", pod["metadata"]["name"], pod["metadata"]["namespace"])
        self._write()
        return min(due)

    # What the pods say

    def _active(self) -> list[dict[str, Any]]:
        return [pod for pod in self._pods if _phase(pod) not in ("Succeeded", "Failed")]

    def _failed(self, index: int | None = None) -> list[dict[str, Any]]:
        """The failed pods that count, of one index or of all."""
        counted = [p for p in self._pods if _phase(p) == "Failed" and self._policy(p) != "Ignore"]
        return [pod for pod in counted if index is None or _index(pod) == index]

    def _failures(self, index: int | None = None) -> int:
        """Failed pods, and restarts inside pods that are not over (``restartPolicy: OnFailure``)."""
        restarts = sum(
            status["restartCount"]
            for pod in self._active()
            if index is None or _index(pod) == index
            for part in ("containerStatuses", "initContainerStatuses")
            for status in pod.get("status", {}).get(part, ())
        )
        return len(self._failed(index)) + int(restarts)

    def _succeeded(self) -> set[int] | int:
        done = [pod for pod in self._pods if _phase(pod) == "Succeeded"]
        return {_index(pod) for pod in done} if self._indexed else len(done)

    def _spent(self) -> set[int]:
        """Indices that have failed for good."""
        limit = self._spec.get("backoffLimitPerIndex")
        if limit is None:
            return set()
        spent = {i for i in range(self._spec["completions"]) if self._failures(i) > limit}
        fail_index = {
            _index(p) for p in self._pods if _phase(p) == "Failed" and self._policy(p) == "FailIndex"
        }
        succeeded = self._succeeded()
        return (spent | fail_index) - (succeeded if isinstance(succeeded, set) else set())

    def _policy(self, pod: dict[str, Any]) -> str:
        """What podFailurePolicy says of a failed pod: Count, Ignore, FailIndex or FailJob."""
        for rule in self._spec.get("podFailurePolicy", {}).get("rules", ()):
            codes = rule.get("onExitCodes")
            if not codes:
                continue
            for status in pod.get("status", {}).get("containerStatuses", ()):
                code = status.get("state", {}).get("terminated", {}).get("exitCode", 0)
                named = codes.get("containerName") in (None, status["name"])
                if named and code and (code in codes["values"]) == (codes["operator"] == "In"):
                    return str(rule["action"])
        return "Count"

    # What follows

    def _verdict(self) -> tuple[str, str, str] | None:
        spec, succeeded, spent = self._spec, self._succeeded(), self._spent()
        count = len(succeeded) if isinstance(succeeded, set) else succeeded
        for pod in self._pods:
            if _phase(pod) == "Failed" and self._policy(pod) == "FailJob":
                name = pod["metadata"]["name"]
                return "Failed", "PodFailurePolicy", f"pod {name} failed in a way that fails the Job"
        if count >= spec["completions"]:
            return "Complete", "CompletionsReached", "Reached expected number of succeeded pods"
        limit = spec.get("activeDeadlineSeconds")
        if limit and self._now >= clock.seconds(self._status["startTime"]) + limit:
            return "Failed", "DeadlineExceeded", f"Job was active longer than {limit} s"
        if self._failures() > spec["backoffLimit"]:
            limit = spec["backoffLimit"]
            return (
                "Failed",
                "BackoffLimitExceeded",
                f"Job has failed more often than its backoffLimit of {limit}",
            )
        most = spec.get("maxFailedIndexes")
        if most is not None and len(spent) > most:
            return "Failed", "MaxFailedIndexesExceeded", f"more than {most} indices failed: {_ranges(spent)}"
        if spent and count + len(spent) >= spec["completions"]:
            return "Failed", "FailedIndexes", f"indices {_ranges(spent)} failed for good"
        return None

    def _make_pods(self) -> float:
        due = self._now + NEVER_WAKES
        active = self._active()
        room = self._spec["parallelism"] - len(active)
        for index in self._wanted(active):
            if room <= 0:
                break
            earliest = self._earliest(index)
            if earliest > self._now:
                due = min(due, earliest)
                continue
            room -= 1
            self._make(index)
        return due

    def _wanted(self, active: list[dict[str, Any]]) -> list[int | None]:
        succeeded = self._succeeded()
        if isinstance(succeeded, set):
            # A pod on its way out still holds its index's address.
            busy = {_index(pod) for pod in (*active, *self._deleting)}
            away = succeeded | busy | self._spent()
            return [i for i in range(self._spec["completions"]) if i not in away]
        return [None] * (self._spec["completions"] - succeeded - len(active))

    def _earliest(self, index: int | None) -> float:
        # Also those that podFailurePolicy ignores: they cost no attempt, but must not spin.
        failed = [p for p in self._pods if _phase(p) == "Failed" and index in (None, _index(p))]
        if not failed:
            return 0.0
        return max(_finished(pod) for pod in failed) + backoff.job_delay(len(failed))

    def _make(self, index: int | None) -> None:
        meta = self._job["metadata"]
        labels = {
            "batch.kubernetes.io/controller-uid": meta["uid"],
            "batch.kubernetes.io/job-name": meta["name"],
            "job-name": meta["name"],
        }
        if index is None:
            create_pod(self._cluster, self._job, meta["name"], labels=labels)
            return
        indexed = {INDEX: str(index)}
        host = f"{meta['name']}-{index}"
        create_pod(
            self._cluster,
            self._job,
            host,
            labels=labels | indexed,
            annotations=indexed,
            hostname=host,
            env=[{"name": "JOB_COMPLETION_INDEX", "valueFrom": {"fieldRef": {"fieldPath": _INDEX_FIELD}}}],
        )

    def _write(self) -> None:
        succeeded = self._succeeded()
        active = self._active()
        self._status |= {
            "active": len(active),
            "ready": sum(is_ready(pod) for pod in active),
            "failed": len(self._failed()),
            "succeeded": len(succeeded) if isinstance(succeeded, set) else succeeded,
            "terminating": len(self._deleting),
        }
        if isinstance(succeeded, set):
            self._status["completedIndexes"] = _ranges(succeeded)
            if self._spec.get("backoffLimitPerIndex") is not None:
                self._status["failedIndexes"] = _ranges(self._spent())
        self._cluster.set_status(self._job, self._status)

    def _delete(self) -> float:
        for pod in self._pods:
            self._cluster.delete("Pod", pod["metadata"]["name"], pod["metadata"]["namespace"])
        if not self._pods and not self._deleting:
            self.gone = True
            self._cluster.remove("Job", self._job["metadata"]["name"], self._job["metadata"]["namespace"])
        return self._now + NEVER_WAKES

    gone = False


def is_over(job: dict[str, Any]) -> tuple[bool, str] | None:
    """None while a Job works; else whether it completed, and why it did not."""
    for state in job.get("status", {}).get("conditions", ()):
        if state["type"] in ("Complete", "Failed") and state["status"] == "True":
            return state["type"] == "Complete", f"{state['reason']}: {state['message']}"
    return None


def _phase(pod: dict[str, Any]) -> str:
    return str(pod.get("status", {}).get("phase", "Pending"))


def _index(pod: dict[str, Any]) -> int:
    return int(pod["metadata"].get("annotations", {}).get(INDEX, -1))


def _finished(pod: dict[str, Any]) -> float:
    times = [
        clock.seconds(status["state"]["terminated"]["finishedAt"])
        for part in ("containerStatuses", "initContainerStatuses")
        for status in pod.get("status", {}).get(part, ())
        if "terminated" in status.get("state", {})
    ]
    return max(times, default=0.0)


def _ranges(numbers: set[int]) -> str:
    """``0-2,5`` of {0, 1, 2, 5}, as a Job's status writes indices."""
    parts: list[list[int]] = []
    for number in sorted(numbers):
        if parts and parts[-1][1] == number - 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in parts)
