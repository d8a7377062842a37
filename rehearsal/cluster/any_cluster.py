"""What is asked of a cluster, whether its record answers or its control plane."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol, TypeAlias

from rehearsal.home import Home

Object: TypeAlias = dict[str, Any]
Objects: TypeAlias = list[Object]
Endpoints: TypeAlias = list[tuple[str, dict[str, int]]]


class AnyCluster(Protocol):
    """One cluster. What it answers is to be read, not written to. ``kind`` is as ``kinds.noun`` writes it."""

    home: Home
    name: str
    folder: Path
    """Of the cluster's pods and volumes on this machine."""

    def get(self, kind: str, name: str, namespace: str = "") -> Object | None:
        """An object with its status."""

    def list(self, kind: str, namespace: str | None = None) -> Objects:
        """Objects of a kind by namespace and name; ``namespace`` None: of all."""

    def everything(self) -> Objects:
        """Every object there is."""

    def pods(self, owner_uid: str | None = None) -> Objects:
        """Pods of one owner (a Job, a ReplicaSet) or all."""

    def has_namespace(self, name: str) -> bool:
        """Whether objects can be made in it."""

    def pod_folder(self, namespace: str, name: str) -> Path:
        """Where a pod's logs, volumes and runs lie."""

    def create(self, object: Object) -> Object:
        """Make an object that does not exist yet; returns it."""

    def pods_here(self) -> Objects:
        """Pods that are this machine's to run."""

    def volume_folder(self, claim: Object) -> Path | None:
        """Where the files of a claim lie; None while it has no volume here."""

    def set_status(self, object: Object, status: Object) -> None:
        """Write what is observed of an object, if that is news."""

    def pod_has_ended(self, pod: Object) -> None:
        """Take a deleted pod out, now that nothing of it runs any more."""

    def ready_endpoints(self, namespace: str, service: str) -> Endpoints:
        """``(address, {port name: port})`` of each ready pod of a Service."""

    def token(self, pod: Object, audience: str, seconds: int) -> str:
        """A token of a pod's service account; "" as audience: the API server's own."""
