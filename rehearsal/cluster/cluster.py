"""One cluster, as its API server tells of it, and where its pods lie on this machine.

A command asks the server each time. The node agent, which reads all the time, watches the kinds that it reads
(``watched``).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

from rehearsal.cluster.informer import Informer
from rehearsal.cluster.kinds import noun
from rehearsal.cluster.pod_address import here
from rehearsal.cluster.pod_status import changes
from rehearsal.control_plane import running
from rehearsal.control_plane.api import Api, Object, Objects
from rehearsal.control_plane.errors import ApiRefused
from rehearsal.control_plane.of_home import control_plane, control_planes
from rehearsal.home import Home

Endpoints: TypeAlias = list[tuple[str, dict[str, int]]]
"""``(address, {port name: port})``"""

_CONFLICT, _NOT_FOUND, _UNAVAILABLE = 409, 404, 503

# Asked of nobody: a command that lists pods need not learn every kind first.
_VERSIONS = {
    "ConfigMap": "v1",
    "CronJob": "batch/v1",
    "Deployment": "apps/v1",
    "EndpointSlice": "discovery.k8s.io/v1",
    "Job": "batch/v1",
    "Namespace": "v1",
    "Node": "v1",
    "PersistentVolume": "v1",
    "PersistentVolumeClaim": "v1",
    "Pod": "v1",
    "ReplicaSet": "apps/v1",
    "Secret": "v1",
    "Service": "v1",
    "ServiceAccount": "v1",
    "StorageClass": "storage.k8s.io/v1",
}


class Cluster:
    """A cluster of a home whose API server answers. Raises ControlPlaneError where it does not."""

    def __init__(self, home: Home, name: str) -> None:
        self.home = home
        self.name = name
        self.folder = home.clusters / name
        plane = control_plane(home, name)
        self.url = running.url(plane)
        self.api = Api(plane, self.url)
        self._informers: dict[str, Informer] = {}
        self._versions = dict(_VERSIONS)

    # Reading

    def get(self, kind: str, name: str, namespace: str = "") -> Object | None:
        """An object; ``kind`` as ``kinds.noun`` writes it."""
        if (informer := self._informers.get(kind)) is not None:
            return informer.get(namespace, name)
        version = self._version(kind)
        return self.api.get(version, _plain(kind), name, namespace) if version else None

    def list(self, kind: str, namespace: str | None = None) -> Objects:
        """Objects of a kind by namespace and name; ``namespace`` None: of all namespaces."""
        if (informer := self._informers.get(kind)) is not None:
            found = informer.all()
        else:
            version = self._version(kind)
            found = self.api.list(version, _plain(kind), namespace or "") if version else []
        # Of the cluster's own where it is "".
        return [one for one in found if namespace in (None, one["metadata"].get("namespace", ""))]

    def everything(self) -> Objects:
        """Every object there is; one that two groups show is there once, events and metrics are none."""
        found: dict[str, Object] = {}
        for version, kind in self.api.kinds():
            if kind in ("Event", "ComponentStatus", "PodMetrics", "NodeMetrics"):
                continue
            try:
                listed = self.api.list(version, kind)
            except ApiRefused as refused:
                if refused.status not in (_NOT_FOUND, _UNAVAILABLE):  # of an API that has just gone
                    raise
                continue
            for one in listed:
                found.setdefault(one["metadata"].get("uid") or f"{kind} {one['metadata']['name']}", one)
        return [*found.values()]

    def pods(self, owner_uid: str | None = None) -> Objects:
        """Pods of one owner (a Job, a ReplicaSet) or all."""
        return [pod for pod in self.list("Pod") if owner_uid in (None, _owner(pod))]

    def pod_folder(self, namespace: str, name: str) -> Path:
        """Where a pod's logs, volumes and runs lie."""
        return self.folder / "pods" / namespace / name

    def ready_endpoints(self, namespace: str, service: str) -> Endpoints:
        """``(address, {port name: port})`` of each ready pod of a Service; a port without a name goes by its
        number."""
        ports = self._ports_by_name(namespace, service)
        return [
            (
                here(endpoint["addresses"][0]),
                {
                    port.get("name") or ports.get("", str(port["port"])): port["port"]
                    for port in endpoints.get("ports") or ()
                },
            )
            for endpoints in self.list("EndpointSlice", namespace)
            if endpoints["metadata"].get("labels", {}).get("kubernetes.io/service-name") == service
            for endpoint in endpoints.get("endpoints") or ()
            if endpoint.get("conditions", {}).get("ready")
        ]

    def _ports_by_name(self, namespace: str, service: str) -> dict[str, str]:
        found = self.get("Service", service, namespace) or {"spec": {}}
        return {port.get("name", ""): str(port["port"]) for port in found["spec"].get("ports", ())}

    def pods_here(self) -> Objects:
        """Pods that the scheduler has bound to a node."""
        return [pod for pod in self.list("Pod") if pod["spec"].get("nodeName")]

    def volume_folder(self, claim: Object) -> Path | None:
        """Where the files of a claim lie; None while it is not bound to a volume of this machine."""
        volume = self.get("PersistentVolume", claim["spec"].get("volumeName") or "-")
        return local_folder(self.folder, volume) if volume is not None else None

    # Changing

    def set_status(self, object: Object, status: Object) -> None:
        """Write what is observed of a pod, if that is news to the server."""
        if news := changes(object, status):
            self._answered(lambda: self._take(self.api.set_status(object, news)))

    def pod_has_ended(self, pod: Object) -> None:
        """Take a deleted pod out, now that nothing of it runs any more."""
        meta = pod["metadata"]
        self._answered(
            lambda: self.api.delete(
                "v1", "Pod", meta["name"], meta["namespace"], uid=meta["uid"], grace_seconds=0
            )
        )

    def token(self, pod: Object, audience: str, seconds: int) -> str:
        """A token of a pod's service account, bound to the pod; "" as audience: the API server's own."""
        meta = pod["metadata"]
        asked = {
            "audiences": [audience] if audience else [],
            "expirationSeconds": seconds,
            "boundObjectRef": {"apiVersion": "v1", "kind": "Pod", "name": meta["name"], "uid": meta["uid"]},
        }
        return self.api.token(meta["namespace"], pod["spec"].get("serviceAccountName", "default"), asked)

    def _take(self, object: Object) -> None:
        if (informer := self._informers.get(object["kind"])) is not None:
            informer.take(object)

    @staticmethod
    def _answered(ask: Callable[[], Any]) -> None:
        """Ask, and take it as done where the object is gone or another one has its name by now."""
        try:
            ask()
        except ApiRefused as refused:
            if refused.status not in (_NOT_FOUND, _CONFLICT):
                raise

    # Watching

    def watch(self, kinds: tuple[str, ...], changed: Callable[[], None]) -> None:
        """Keep all objects of these kinds at hand from now on; ``changed`` is called, from threads, at every
        change."""
        for kind in kinds:
            self._informers[kind] = Informer(self.api, self._version(kind), _plain(kind), changed)

    @property
    def knows(self) -> bool:
        """Whether it has heard of all that it watches."""
        return all(informer.knows for informer in self._informers.values())

    def close(self) -> None:
        """Ask for nothing any more."""
        for informer in self._informers.values():
            informer.stop()
        self.api.close()

    def _version(self, kind: str) -> str:
        """The API version of a kind, "" for one that the server does not have."""
        if kind not in self._versions:
            for version, plain in self.api.kinds():
                self._versions.setdefault(noun(version, plain), version)
        return self._versions.get(kind, "")


def local_folder(folder: Path, volume: Object) -> Path | None:
    """Of a PersistentVolume whose files lie below a cluster's folder; None for any other."""
    path = Path(volume["spec"].get("hostPath", {}).get("path", ""))
    return path if path.parent == folder / "volumes" else None


def _plain(kind: str) -> str:
    """A kind without its group."""
    return kind.partition(".")[0]


def _owner(object: Object) -> str:
    """The uid of the controller that made an object, "" where a person did."""
    owners = object["metadata"].get("ownerReferences", ())
    return next((reference["uid"] for reference in owners if reference.get("controller")), "")


def answering(home: Home) -> list[Cluster]:
    """Every cluster of a home whose API server answers."""
    found = [Cluster(home, plane.site) for plane in control_planes(home)]
    return [cluster for cluster in found if cluster.api.ready()]
