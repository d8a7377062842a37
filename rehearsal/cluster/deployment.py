"""The Deployment controller: as many ready pods as asked for, and new ones before the old ones stop."""

from __future__ import annotations

import copy
import math
from typing import Any

from rehearsal.cluster import clock, images
from rehearsal.cluster.container import NEVER_WAKES
from rehearsal.cluster.endpoints import is_ready, with_sidecars
from rehearsal.cluster.pod_template import condition, create_pod, template_hash
from rehearsal.cluster.record import Cluster

HASH = "pod-template-hash"


class DeploymentPass:
    """Brings one Deployment's pods one step nearer to what it asks for."""

    def __init__(self, cluster: Cluster, deployment: dict[str, Any], now: float) -> None:
        self._cluster, self._deployment, self._now = cluster, deployment, now
        self._spec = deployment["spec"]
        self._hash = template_hash(self._spec["template"])
        pods = cluster.pods(deployment["metadata"]["uid"])
        self._deleting = [pod for pod in pods if "deletionTimestamp" in pod["metadata"]]
        live = [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]
        self._new = [pod for pod in live if pod["metadata"]["labels"].get(HASH) == self._hash]
        self._old = [pod for pod in live if pod["metadata"]["labels"].get(HASH) != self._hash]
        self._due = now + NEVER_WAKES

    def run(self) -> float:
        """Make and end pods and write the status; returns when to come again (POSIX seconds)."""
        if "deletionTimestamp" in self._deployment["metadata"]:
            return self._delete()
        for pod in (*self._new, *self._old):
            # Nobody can start it again: evicted by hand, or ended by a lost record.
            if pod.get("status", {}).get("phase") in ("Failed", "Succeeded"):
                self._end(pod)
        if not self._spec.get("paused"):
            if self._spec["strategy"]["type"] == "Recreate":
                self._recreate()
            else:
                self._roll()
        self._write()
        return self._due

    def _roll(self) -> None:
        wanted = self._spec["replicas"]
        limits = self._spec["strategy"]["rollingUpdate"]
        surge = _share(limits["maxSurge"], wanted, up=True)
        missing = _share(limits["maxUnavailable"], wanted, up=False)
        if surge == 0 and missing == 0:
            missing = 1
        room = wanted + surge - len(self._new) - len(self._old)
        for _ in range(min(room, wanted - len(self._new))):
            self._make()
        for pod in self._least_useful(self._new)[: max(len(self._new) - wanted, 0)]:
            self._end(pod)
        spare = sum(map(self._available, (*self._new, *self._old))) - (wanted - missing)
        for pod in self._least_useful(self._old):
            if not self._available(pod):
                self._end(pod)  # it answers nobody, so nobody misses it
            elif spare > 0:
                spare -= 1
                self._end(pod)

    def _recreate(self) -> None:
        for pod in list(self._old):
            self._end(pod)
        if not self._old and not self._deleting:
            for _ in range(self._spec["replicas"] - len(self._new)):
                self._make()
        for pod in self._least_useful(self._new)[: max(len(self._new) - self._spec["replicas"], 0)]:
            self._end(pod)

    def _available(self, pod: dict[str, Any]) -> bool:
        if not is_ready(pod):
            return False
        since = next(c["lastTransitionTime"] for c in pod["status"]["conditions"] if c["type"] == "Ready")
        due = clock.seconds(since) + self._spec.get("minReadySeconds", 0)
        if due > self._now:
            self._due = min(self._due, due)
        return due <= self._now or not self._spec.get("minReadySeconds")

    def _least_useful(self, pods: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The order in which pods are given up: not ready first, then the youngest."""
        young = sorted(pods, key=lambda pod: pod["metadata"]["creationTimestamp"], reverse=True)
        return sorted(young, key=self._available)

    def _make(self) -> None:
        name = f"{self._deployment['metadata']['name'][:46]}-{self._hash}"
        self._new.append(create_pod(self._cluster, self._deployment, name, labels={HASH: self._hash}))

    def _end(self, pod: dict[str, Any]) -> None:
        self._cluster.delete("Pod", pod["metadata"]["name"], pod["metadata"]["namespace"])
        for pods in (self._new, self._old):
            if pod in pods:
                pods.remove(pod)
        self._deleting.append(pod)

    def _write(self) -> None:
        wanted, meta = self._spec["replicas"], self._deployment["metadata"]
        before = self._deployment.get("status", {})
        status: dict[str, Any] = {"conditions": copy.deepcopy(before.get("conditions", []))}
        pods = (*self._new, *self._old)
        available = sum(map(self._available, pods))
        updated = sum(map(self._available, self._new))
        status |= {
            "observedGeneration": meta["generation"],
            "replicas": len(pods),
            "updatedReplicas": len(self._new),
            "readyReplicas": sum(map(is_ready, pods)),
            "availableReplicas": available,
            "unavailableReplicas": max(wanted - available, 0),
            "terminatingReplicas": len(self._deleting),
        }
        conditions = status["conditions"]
        enough = available >= wanted - _share(
            self._spec["strategy"].get("rollingUpdate", {}).get("maxUnavailable", 0), wanted, up=False
        )
        condition(
            conditions,
            "Available",
            "True" if enough else "False",
            "MinimumReplicasAvailable" if enough else "MinimumReplicasUnavailable",
            f"{available} of {wanted} pods are available",
        )
        self._progress(status, before, updated >= wanted and not self._old)
        if foreign := not_run(self._spec["template"]["spec"]):
            message = f"nothing on this machine stands in for {foreign}: recorded, not run"
            condition(conditions, "NotOnThisMachine", "True", "NoStandIn", message)
        self._cluster.set_status(self._deployment, status)

    def _progress(self, status: dict[str, Any], before: dict[str, Any], done: bool) -> None:
        """The Progressing condition; ``progressedAt`` is when something last moved (POSIX seconds)."""
        counts = ("observedGeneration", "updatedReplicas", "readyReplicas", "availableReplicas", "replicas")
        moved = any(before.get(key) != status[key] for key in counts)
        status["progressedAt"] = self._now if moved else before.get("progressedAt", self._now)
        limit = self._spec["progressDeadlineSeconds"]
        late = status["progressedAt"] + limit
        if done:
            word, reason, message = "True", "NewReplicaSetAvailable", "the rollout is complete"
        elif self._now >= late:
            word, reason = "False", "ProgressDeadlineExceeded"
            message = f"nothing has moved for {limit} s"
        else:
            word, reason, message = "True", "ReplicaSetUpdated", "the rollout goes on"
            self._due = min(self._due, late)
        condition(status["conditions"], "Progressing", word, reason, message)

    def _delete(self) -> float:
        for pod in (*self._new, *self._old):
            self._cluster.delete("Pod", pod["metadata"]["name"], pod["metadata"]["namespace"])
        if not self._new and not self._old and not self._deleting:
            meta = self._deployment["metadata"]
            self._cluster.remove("Deployment", meta["name"], meta["namespace"])
            self.gone = True
        return self._due

    gone = False


def not_run(pod_spec: dict[str, Any]) -> str:
    """Images of a pod that nothing here stands in for, comma-separated."""
    found = {
        container["image"]
        for container in with_sidecars(pod_spec)
        if not images.stands_in(container["image"])
    }
    return ", ".join(sorted(found))


def rollout(deployment: dict[str, Any]) -> tuple[bool, str]:
    """Whether a Deployment's last change is out, and what it still waits for."""
    spec, status = deployment["spec"], deployment.get("status", {})
    wanted = spec["replicas"]
    if status.get("observedGeneration", 0) < deployment["metadata"]["generation"]:
        return False, "the node agent has not seen it yet"
    if status.get("updatedReplicas", 0) < wanted:
        return False, f"{status.get('updatedReplicas', 0)} of {wanted} new pods have been made"
    if status.get("replicas", 0) > status.get("updatedReplicas", 0):
        return False, f"{status['replicas'] - status['updatedReplicas']} old pods are still at work"
    if status.get("availableReplicas", 0) < wanted:
        return False, f"{status.get('availableReplicas', 0)} of {wanted} pods are ready"
    return True, ""


def _share(value: int | str, whole: int, *, up: bool) -> int:
    """``25%`` of the replicas, rounded as Kubernetes rounds, or the number itself."""
    if isinstance(value, int) or not value.endswith("%"):
        return int(value)
    exact = whole * int(value[:-1]) / 100
    return math.ceil(exact) if up else math.floor(exact)
