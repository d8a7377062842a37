"""The Node objects of one cluster: made as its pools say, and kept alive as a kubelet keeps its own."""

from __future__ import annotations

import contextlib
import platform
import threading
from datetime import UTC, datetime
from typing import Any, Final

from rehearsal.cluster import clock, pools
from rehearsal.cluster.cluster import Cluster
from rehearsal.cluster.pools import Pool
from rehearsal.control_plane import pin
from rehearsal.control_plane.api import Object
from rehearsal.control_plane.errors import ApiRefused, ControlPlaneError

# The kubelet's own: a node that is silent for 50 s is taken for lost.
_LEASE_SECONDS: Final = 40
_RENEWAL_SECONDS: Final = 8.0
_LOOK_SECONDS: Final = 0.05
_DRAIN_SECONDS: Final = 1.0
_MACHINES: Final = {"x86_64": "amd64", "aarch64": "arm64"}
_LIFECYCLE: Final = "node.kubernetes.io/"
"""How the taints begin that the node controller sets and takes away itself."""
_CONDITIONS: Final = (
    ("MemoryPressure", "False", "KubeletHasSufficientMemory"),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID"),
    ("Ready", "True", "KubeletReady"),
)


class Registration:
    """A thread that registers the nodes of a cluster and renews their leases.

    ``port`` is where the API server may ask for the logs of their pods.
    """

    def __init__(self, cluster: Cluster, port: int) -> None:
        self._cluster, self._port = cluster, port
        self._over, self._due = threading.Event(), threading.Event()
        threading.Thread(target=self._live, name=f"nodes-{cluster.name}", daemon=True).start()

    def stop(self) -> None:
        """Renew nothing any more; the node controller will find the nodes lost."""
        self._over.set()
        self.hurry()

    def hurry(self) -> None:
        """Make the next round now: a pool has changed."""
        self._due.set()

    def _live(self) -> None:
        while not self._cluster.knows:
            if self._over.wait(_LOOK_SECONDS):
                return
        while not self._over.is_set():
            self._due.clear()
            wait = _RENEWAL_SECONDS
            # Whatever the server did not answer or take, it is asked again soon.
            with contextlib.suppress(ApiRefused, ControlPlaneError):
                wait = self.renew()
            self._due.wait(wait)

    def renew(self) -> float:
        """One round: nodes made, changed and drained, statuses and leases renewed; seconds to the next."""
        found = {node["metadata"]["name"]: node for node in self._cluster.list("Node")}
        wanted = {
            name: pool
            for pool in pools.declared(self._cluster.home, self._cluster.name)
            for name in pool.node_names
        }
        for name, pool in wanted.items():
            node = found.get(name)
            node = self._cluster.api.create(self._new(name, pool)) if node is None else self._as(node, pool)
            self._tell(node, pool)
            self._lease(name)
        drained = [self._drain(found[name]) for name in found.keys() - wanted.keys()]
        return _RENEWAL_SECONDS if all(drained) else _DRAIN_SECONDS

    def _drain(self, node: Object) -> bool:
        """Let a node go once the budgets have let its pods go, as both clouds do; whether it is gone."""
        name = node["metadata"]["name"]
        if not node["spec"].get("unschedulable"):
            change = {"op": "add", "path": "/spec/unschedulable", "value": True}
            self._cluster.api.patch(node, [change])
        # What has ended is the pod collector's.
        left = [
            pod
            for pod in self._cluster.list("Pod")
            if pod["spec"].get("nodeName") == name
            and pod.get("status", {}).get("phase") not in ("Succeeded", "Failed")
        ]
        for pod in left:
            if "deletionTimestamp" not in pod["metadata"]:
                with contextlib.suppress(ApiRefused):  # by its budget: asked again
                    self._cluster.api.evict(pod)
        if left:
            self._lease(name)
        else:
            self._cluster.api.delete("v1", "Node", name)
        return not left

    def _new(self, name: str, pool: Pool) -> Object:
        return {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": name, "labels": _labels(name, pool)},
            "spec": {"taints": _taints(pool)},
            # Told at once, as a kubelet does: a node that is not ready is tainted as it comes.
            "status": self._status(pool),
        }

    def _as(self, node: Object, pool: Pool) -> Object:
        """The node with the labels and taints that its pool has now."""
        known = node["metadata"]["labels"]
        labels = {**known, **_labels(node["metadata"]["name"], pool)}
        there = node["spec"].get("taints", [])
        taints = [*_taints(pool), *(one for one in there if one["key"].startswith(_LIFECYCLE))]
        changes = [
            {"op": "add", "path": path, "value": value}
            for path, value, before in (("/metadata/labels", labels, known), ("/spec/taints", taints, there))
            if value != before
        ]
        return self._cluster.api.patch(node, changes) if changes else node

    def _tell(self, node: Object, pool: Pool) -> None:
        known, status = node.get("status", {}), self._status(pool)
        said = {one["type"]: one["status"] for one in known.get("conditions", ())}
        news = {key: value for key, value in status.items() if known.get(key) != value and key != "nodeInfo"}
        if all(said.get(one["type"]) == one["status"] for one in status["conditions"]):
            news.pop("conditions", None)
        if news:
            self._cluster.api.set_status(node, news)

    def _status(self, pool: Pool) -> dict[str, Any]:
        capacity = {"pods": "250", "ephemeral-storage": "16Ti", **pool.capacity}
        now = clock.stamp()
        return {
            "capacity": capacity,
            "allocatable": capacity,
            "conditions": [
                {
                    "type": kind,
                    "status": status,
                    "reason": reason,
                    "message": "said by the rehearsal's node agent",
                    "lastHeartbeatTime": now,
                    "lastTransitionTime": now,
                }
                for kind, status, reason in _CONDITIONS
            ],
            "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": self._port}},
            "nodeInfo": {
                "architecture": _architecture(),
                "bootID": "",
                "containerRuntimeVersion": "isthmus://processes",
                "kernelVersion": platform.release(),
                "kubeProxyVersion": "",
                "kubeletVersion": f"v{pin.VERSION}",
                "machineID": "",
                "operatingSystem": "linux",
                "osImage": "a rehearsal on this machine",
                "systemUUID": "",
            },
        }

    def _lease(self, name: str) -> None:
        self._cluster.api.apply(
            {
                "apiVersion": "coordination.k8s.io/v1",
                "kind": "Lease",
                "metadata": {"name": name, "namespace": "kube-node-lease"},
                "spec": {
                    "holderIdentity": name,
                    "leaseDurationSeconds": _LEASE_SECONDS,
                    "renewTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                },
            },
            manager="node",
            force=True,
        )


def _architecture() -> str:
    return _MACHINES.get(platform.machine(), platform.machine())


def _labels(name: str, pool: Pool) -> dict[str, str]:
    return {
        "kubernetes.io/arch": _architecture(),
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        **pool.labels,
        **_zone(name, pool),
    }


def _zone(name: str, pool: Pool) -> dict[str, str]:
    if not pool.zones:
        return {}
    number = int(name.rpartition("-")[2])
    return {"topology.kubernetes.io/zone": pool.zones[number % len(pool.zones)]}


def _taints(pool: Pool) -> list[dict[str, str]]:
    return [
        {"key": key, "effect": effect} | ({"value": value} if value else {})
        for key, value, effect in pool.taints
    ]
