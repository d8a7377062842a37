"""The CronJob controller: a Job at each time of the schedule, and one at once for who asks.

Time goes by only while the node agent runs: of times that passed meanwhile the last one is made up for,
within ``startingDeadlineSeconds``, as Kubernetes does after its controller was away.
"""

from __future__ import annotations

import copy
import secrets
from typing import Any

from rehearsal.cluster import clock
from rehearsal.cluster.any_cluster import AnyCluster
from rehearsal.cluster.container import NEVER_WAKES
from rehearsal.cluster.job import is_over
from rehearsal.cluster.record import Cluster, owner
from rehearsal.cluster.schedule import Schedule

_MOST_MISSED = 100
_LETTERS = "bcdfghjklmnpqrstvwxz2456789"


class CronJobPass:
    """Does once what is due for one CronJob."""

    def __init__(self, cluster: Cluster, cron_job: dict[str, Any], now: float) -> None:
        self._cluster, self._cron_job, self._now = cluster, cron_job, now
        self._spec = cron_job["spec"]
        self._status: dict[str, Any] = copy.deepcopy(cron_job.get("status", {}))
        self._jobs = [job for job in cluster.list("Job") if owner(job) == cron_job["metadata"]["uid"]]

    def run(self) -> float:
        """Make what is due, drop what is old; returns when to come again (POSIX seconds)."""
        due = self._now + NEVER_WAKES
        if not self._spec.get("suspend"):
            schedule = Schedule.parse(self._spec["schedule"])
            at = self._missed(schedule)
            if at is not None:
                self._begin(at)
            due = min(due, schedule.after(self._now))
        self._drop_old()
        active = [job["metadata"]["name"] for job in self._active()]
        self._status["active"] = [{"kind": "Job", "name": name} for name in sorted(active)]
        self._cluster.set_status(self._cron_job, self._status)
        return due

    def _active(self) -> list[dict[str, Any]]:
        return [job for job in self._jobs if is_over(job) is None]

    def _missed(self, schedule: Schedule) -> float | None:
        """The last time that has come since the last one that was served."""
        before = self._status.get("lastScheduleTime") or self._cron_job["metadata"]["creationTimestamp"]
        at, last = schedule.after(clock.seconds(before)), None
        for _ in range(_MOST_MISSED):
            if at > self._now:
                break
            at, last = schedule.after(at), at
        limit = self._spec.get("startingDeadlineSeconds")
        return None if last is None or (limit is not None and self._now - last > limit) else last

    def _begin(self, at: float) -> None:
        active, policy = self._active(), self._spec.get("concurrencyPolicy", "Allow")
        if active and policy == "Forbid":
            return  # it is looked at again when the Job's end wakes the agent
        if policy == "Replace":
            for job in active:
                self._cluster.delete("Job", job["metadata"]["name"], job["metadata"]["namespace"])
        name = f"{self._cron_job['metadata']['name']}-{int(at // 60)}"
        stamp = {"batch.kubernetes.io/cronjob-scheduled-timestamp": clock.stamp(at)}
        self._jobs.append(make(self._cluster, self._cron_job, name, stamp))
        self._status["lastScheduleTime"] = clock.stamp(at)

    def _drop_old(self) -> None:
        limits = {
            True: self._spec.get("successfulJobsHistoryLimit", 3),
            False: self._spec.get("failedJobsHistoryLimit", 1),
        }
        for completed, kept in limits.items():
            over = [job for job in self._jobs if (is_over(job) or (None,))[0] is completed]
            over.sort(key=lambda job: (job["metadata"]["creationTimestamp"], job["metadata"]["name"]))
            for job in over[: max(0, len(over) - kept)]:
                self._cluster.delete("Job", job["metadata"]["name"], job["metadata"]["namespace"])


def make(
    cluster: AnyCluster, cron_job: dict[str, Any], name: str, annotations: dict[str, str]
) -> dict[str, Any]:
    """Make a Job of a CronJob's template."""
    template, meta = cron_job["spec"]["jobTemplate"], cron_job["metadata"]
    template_metadata = template.get("metadata", {})
    return cluster.create(
        {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {
                "name": name,
                "namespace": meta["namespace"],
                "labels": dict(template_metadata.get("labels", {})),
                "annotations": {**template_metadata.get("annotations", {}), **annotations},
                "ownerReferences": [
                    {
                        "apiVersion": cron_job["apiVersion"],
                        "kind": "CronJob",
                        "name": meta["name"],
                        "uid": meta["uid"],
                        "controller": True,
                    }
                ],
            },
            "spec": copy.deepcopy(template["spec"]),
        }
    )


def fire(cluster: AnyCluster, cron_job: dict[str, Any]) -> dict[str, Any]:
    """Make a Job at once, as ``kubectl create job NAME --from=cronjob/...`` does; returns it."""
    suffix = "".join(secrets.choice(_LETTERS) for _ in range(5))
    name = f"{cron_job['metadata']['name'][:46]}-by-hand-{suffix}"
    return make(cluster, cron_job, name, {"cronjob.kubernetes.io/instantiate": "manual"})


def drop_orphans(cluster: Cluster) -> None:
    """Delete Jobs whose CronJob is gone, as the garbage collector does."""
    living = {cron_job["metadata"]["uid"] for cron_job in cluster.list("CronJob")}
    for job in cluster.list("Job"):
        owners = job["metadata"].get("ownerReferences", ())
        made = [owner["uid"] for owner in owners if owner["kind"] == "CronJob"]
        if made and not living & set(made):
            cluster.delete("Job", job["metadata"]["name"], job["metadata"]["namespace"])
