"""The node agent's part in one cluster with a control plane: nodes, volumes, logs, metrics, Services."""

from __future__ import annotations

import shutil
from collections.abc import Callable

from rehearsal.cluster import pools
from rehearsal.cluster.addresses import Addresses
from rehearsal.cluster.cluster import Cluster
from rehearsal.cluster.log_server import LogServer
from rehearsal.cluster.metrics import Metrics
from rehearsal.cluster.processes import end, runs_below
from rehearsal.cluster.provisioner import provision
from rehearsal.cluster.registration import Registration
from rehearsal.cluster.service_proxies import ServiceProxies
from rehearsal.control_plane.of_home import control_plane
from rehearsal.home import Home

_END_SECONDS = 5.0
_WATCHED = (
    "ConfigMap",
    "EndpointSlice",
    "Job",
    "Node",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Pod",
    "Secret",
    "Service",
    "StorageClass",
)


class Node:
    """What the agent holds for one control plane. ``changed`` is called, from threads, when anything has."""

    def __init__(self, home: Home, name: str, addresses: Addresses, changed: Callable[[], None]) -> None:
        self.cluster = Cluster(home, name)
        self.cluster.watch(_WATCHED, changed)
        self._logs = LogServer(self.cluster, control_plane(home, name).keys)
        self._nodes = Registration(self.cluster, self._logs.port)
        self._metrics = Metrics(self.cluster)
        self._services = ServiceProxies(self.cluster, addresses)
        self._pools = pools.declared(home, name)
        self._swept = False

    def step(self) -> bool:
        """Do what is due beside the pods; says whether enough is known to run these."""
        if not self.cluster.knows:
            return False
        if not self._swept:
            self._sweep()
            self._swept = True
        if (now := pools.declared(self.cluster.home, self.cluster.name)) != self._pools:
            self._pools = now
            self._nodes.hurry()
        provision(self.cluster)
        self._services.step()
        return True

    def job_uids(self) -> set[str]:
        """Of the Jobs that are there, and of those that have pods left."""
        pods = [pod["metadata"].get("labels", {}) for pod in self.cluster.list("Pod")]
        left = {labels.get("batch.kubernetes.io/controller-uid", "") for labels in pods}
        return left | {job["metadata"]["uid"] for job in self.cluster.list("Job")}

    def _sweep(self) -> None:
        """End what runs for pods that went while no agent looked."""
        known = {(pod["metadata"]["namespace"], pod["metadata"]["name"]) for pod in self.cluster.list("Pod")}
        for folder in (self.cluster.folder / "pods").glob("*/*"):
            if (folder.parent.name, folder.name) not in known:
                end(runs_below(folder), _END_SECONDS)
                shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        """Leave the cluster alone; its pods are the agent's to end."""
        self._nodes.stop()
        self._metrics.stop()
        self._services.close()
        self._logs.stop()
        self.cluster.close()
