"""The objects of one cluster, one JSON file each; what a cluster's etcd holds.

``objects/<kind>/<namespace>/<name>.json`` is the object with what its manager applied last;
``status/...`` beside it is what the node agent says of it. Anyone may look; a field edited here is drift,
which ``pulumi refresh`` sees. ``held_by.json`` tells the clusters that had this name one after the other.
"""

from __future__ import annotations

import copy
import shutil
import threading
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from filelock import FileLock

from isthmus.errors import IsthmusError
from rehearsal import json_files
from rehearsal.cluster import clock, defaults, endpoints, merge, tokens, wake
from rehearsal.cluster.any_cluster import Endpoints
from rehearsal.cluster.kinds import CLUSTER_SCOPED, IMMUTABLE, NAMESPACES, RUN_HERE, noun
from rehearsal.home import Home

_LOCK_SECONDS = 60
_NO_NAMESPACE = "_"
_THREADS = threading.RLock()

Objects: TypeAlias = list[dict[str, Any]]


class Rejected(IsthmusError):
    """The API server would refuse the request; the message is one sentence."""


class Cluster:
    """One cluster's record. Several processes use it at once."""

    def __init__(self, home: Home, name: str) -> None:
        self.home = home
        self.name = name
        self.folder = home.clusters / name
        self._held_by = self.folder / "held_by.json"
        self.writes = 0
        """How often this instance changed the record."""
        self._kept: dict[Path, tuple[tuple[int, int], Any]] = {}

    # Reading

    def get(self, kind: str, name: str, namespace: str = "") -> dict[str, Any] | None:
        """An object with its status; ``kind`` as ``kinds.noun`` writes it."""
        kept = self._read(self._path(kind, namespace, name))
        if kept is None:
            return None
        return self._with_status(kept["object"])

    def list(self, kind: str, namespace: str | None = None) -> Objects:
        """Objects of a kind by name, with their statuses; ``namespace`` None: of all namespaces."""
        folder = self.folder / "objects" / kind
        below = (
            folder.glob("*/*.json")
            if namespace is None
            else (folder / (namespace or _NO_NAMESPACE)).glob("*.json")
        )
        kept = [self._read(path) for path in sorted(below) if not path.name.startswith(".")]
        return [self._with_status(stored["object"]) for stored in kept if stored is not None]

    def everything(self) -> Objects:
        """Every object there is."""
        folder = self.folder / "objects"
        names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
        return [object for name in names for object in self.list(name)]

    def pods(self, owner_uid: str | None = None) -> Objects:
        """Pods with their statuses, of one owner (a Job, a Deployment) or all."""
        return [pod for pod in self.list("Pod") if owner_uid is None or owner(pod) == owner_uid]

    def urn(self, kind: str, name: str, namespace: str = "") -> str:
        """The resource of a program that applied this object, "" for one made by a controller."""
        kept = self._read(self._path(kind, namespace, name))
        return str(kept.get("urn", "")) if kept else ""

    def has_namespace(self, name: str) -> bool:
        found = self.get("Namespace", name)
        return name in NAMESPACES or (found is not None and "deletionTimestamp" not in found["metadata"])

    @property
    def instance(self) -> str:
        """Which life of the record this is, "" before its first object."""
        return str(json_files.read(self.folder / "instance.json") or "")

    def pod_folder(self, namespace: str, name: str) -> Path:
        """Where a pod's logs, volumes and runs lie."""
        return self.folder / "pods" / namespace / name

    # One cluster after another

    def is_of(self, cluster: str) -> bool:
        """Whether no other cluster of the name came after ``cluster``; "" stands for whichever is there."""
        holders = self._holders()
        return not cluster or not holders or cluster == holders[-1]

    def begin(self, cluster: str) -> None:
        """Let a new cluster hold the record: what an earlier one of its name held went with it.

        Raises Rejected for a cluster that is gone.
        """
        if not cluster or self._holders()[-1:] == [cluster]:
            return
        with self._changing():
            holders = self._holders()
            if cluster in holders[:-1]:
                raise Rejected(gone(self.name))
            if cluster in holders:
                return
            for object in self.everything() if holders else ():
                kind, namespace, name = key_of(object)
                self.delete(kind, name, namespace)
            json_files.write(self._held_by, [*holders, cluster])

    def _holders(self) -> Sequence[str]:
        return self._read(self._held_by) or []

    # Changing

    def apply(self, object: dict[str, Any], *, urn: str = "") -> dict[str, Any]:
        """Server-side apply: create the object or bring it to what is said now; returns it as it is then.

        Raises Rejected for a namespace that does not exist and for a change of an immutable field.
        """
        with self._changing():
            kind, namespace, name = key_of(object)
            if namespace and not self.has_namespace(namespace):
                raise Rejected(f'namespaces "{namespace}" not found: {kind} {name} needs it to exist first')
            path = self._path(kind, namespace, name)
            kept = self._read(path)
            if kept is None:
                live = copy.deepcopy(object)
                live["metadata"] |= {
                    "uid": str(uuid.uuid4()),
                    "creationTimestamp": clock.stamp(),
                    "generation": 1,
                }
                defaults.fill(live)
            else:
                before = kept["object"]
                if "deletionTimestamp" in before["metadata"]:
                    raise Rejected(f"{kind} {name} is being deleted: it can be made again when it is gone")
                live = merge.apply(before, kept["applied"], object)
                defaults.fill(live)
                refuse_changes(kind, before, live)
                if live == before:
                    if urn and urn != kept.get("urn"):
                        json_files.write(path, {**kept, "urn": urn}, private=kind == "Secret")
                    return self._with_status(before)
                if any(live.get(k) != before.get(k) for k in live.keys() | before.keys() if k != "metadata"):
                    live["metadata"]["generation"] = before["metadata"].get("generation", 1) + 1
            self._write(path, {"object": live, "applied": object, "urn": urn})
            return self._with_status(live)

    def create(self, object: dict[str, Any]) -> dict[str, Any]:
        """Make an object that does not exist yet; returns it."""
        return self.apply(object)

    def conflicts(self, object: dict[str, Any]) -> Sequence[str]:
        """Fields of an object to be applied that somebody else has set since it was applied last."""
        kind, namespace, name = key_of(object)
        kept = self._read(self._path(kind, namespace, name))
        return merge.conflicts(kept["object"], kept["applied"], object) if kept else []

    def delete(self, kind: str, name: str, namespace: str = "") -> None:
        """Ask for an object to go; what is gone already is no error.

        Objects with processes behind them, and what holds them, stay until the node agent has ended those.
        """
        with self._changing():
            path = self._path(kind, namespace, name)
            kept = self._read(path)
            if kept is None:
                return
            if kind == "Namespace":
                self._delete_inside(name)
            if kind in RUN_HERE or (kind == "Namespace" and next(self._inside(name), None) is not None):
                if "deletionTimestamp" not in kept["object"]["metadata"]:
                    changed = copy.deepcopy(kept)
                    changed["object"]["metadata"]["deletionTimestamp"] = clock.stamp()
                    self._write(path, changed)
            else:
                self.remove(kind, name, namespace)

    def remove(self, kind: str, name: str, namespace: str = "") -> None:
        """Take an object out of the record at once (the agent, when nothing is left of it)."""
        path = self._path(kind, namespace, name)
        with self._changing():
            path.unlink(missing_ok=True)
            self._status_path(path).unlink(missing_ok=True)
            self._kept.pop(path, None)
            json_files.write(self.folder / "version.json", self._version() + 1)
            self.writes += 1

    def set_status(self, object: dict[str, Any], status: dict[str, Any]) -> None:
        """Write what is observed of an object, if that is news."""
        kind, namespace, name = key_of(object)
        path = self._status_path(self._path(kind, namespace, name))
        if self._read(path) != status:
            json_files.write(path, status)
            self.writes += 1

    def pods_here(self) -> Objects:
        """Pods that are this machine's to run: all of them."""
        return self.list("Pod")

    def volume_folder(self, claim: dict[str, Any]) -> Path | None:
        """Where the files of a claim lie; made where it is missing."""
        place: Path = self.folder / "volumes" / claim["metadata"]["namespace"] / claim["metadata"]["name"]
        place.mkdir(parents=True, exist_ok=True)
        return place

    def pod_has_ended(self, pod: dict[str, Any]) -> None:
        """Take a deleted pod out, now that nothing of it runs any more."""
        self.remove("Pod", pod["metadata"]["name"], pod["metadata"]["namespace"])

    def ready_endpoints(self, namespace: str, service: str) -> Endpoints:
        """``(address, {port name: port})`` of each ready pod of a Service, oldest pod first."""
        return endpoints.ready_endpoints(self, namespace, service)

    def token(self, pod: dict[str, Any], audience: str, seconds: int) -> str:  # noqa: ARG002
        """A token of a pod's service account, for no ear but the stand-ins': it outlives ``seconds``."""
        account, meta = pod["spec"].get("serviceAccountName", "default"), pod["metadata"]
        audience = audience or "https://kubernetes.default.svc"
        return tokens.projected(self, meta["namespace"], account, meta["name"], audience)

    def clear(self) -> None:
        """Forget everything of this cluster."""
        with self._changing():
            for part in ("objects", "status", "pods", "volumes"):
                shutil.rmtree(self.folder / part, ignore_errors=True)
            for about in (self.folder / "instance.json", self._held_by):
                about.unlink(missing_ok=True)
            self._kept.clear()

    # Inside

    def _inside(self, namespace: str) -> Iterator[tuple[str, str]]:
        for folder in sorted((self.folder / "objects").glob(f"*/{namespace}")):
            for path in sorted(folder.glob("*.json")):
                if not path.name.startswith("."):
                    yield folder.parent.name, path.stem

    def _delete_inside(self, namespace: str) -> None:
        # What is run goes by its owner, so that no controller makes it again meanwhile.
        for kind, name in list(self._inside(namespace)):
            self.delete(kind, name, namespace)

    def empty_namespace(self, name: str) -> bool:
        return next(self._inside(name), None) is None

    def _path(self, kind: str, namespace: str, name: str) -> Path:
        # Role names may hold colons and slashes-to-be; a file name holds neither.
        return (
            self.folder / "objects" / kind / (namespace or _NO_NAMESPACE) / f"{name.replace('/', '%2F')}.json"
        )

    def _status_path(self, path: Path) -> Path:
        return self.folder / "status" / path.relative_to(self.folder / "objects")

    def _with_status(self, object: dict[str, Any]) -> dict[str, Any]:
        kind, namespace, name = key_of(object)
        status = self._read(self._status_path(self._path(kind, namespace, name)))
        if kind == "Namespace" and status is None:
            status = {"phase": "Terminating" if "deletionTimestamp" in object["metadata"] else "Active"}
        whole = copy.deepcopy(object)
        if status is not None:
            whole["status"] = copy.deepcopy(status)
        return whole

    def _read(self, path: Path) -> Any:
        """A file's value, parsed anew only when the file is another one."""
        try:
            found = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            self._kept.pop(path, None)
            return None
        mark = (found.st_mtime_ns, found.st_ino)
        kept = self._kept.get(path)
        if kept is None or kept[0] != mark:
            kept = (mark, json_files.read(path))
            self._kept[path] = kept
        return kept[1]

    def _write(self, path: Path, kept: dict[str, Any]) -> None:
        if not self.instance:
            json_files.write(self.folder / "instance.json", uuid.uuid4().hex)
        version = self._version() + 1
        json_files.write(self.folder / "version.json", version)
        kept["object"]["metadata"]["resourceVersion"] = str(version)
        json_files.write(path, kept, private=kept["object"]["kind"] == "Secret")
        self.writes += 1

    def _version(self) -> int:
        return int(json_files.read(self.folder / "version.json") or 0)

    def _changing(self) -> _Change:
        return _Change(self)


class _Change:
    """The write lock, and a word to the agent afterwards."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        cluster.folder.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(cluster.folder / "record.lock", timeout=_LOCK_SECONDS, is_singleton=True)

    def __enter__(self) -> None:
        _THREADS.acquire()
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()
        _THREADS.release()
        wake.poke(self._cluster.home.clusters)


def key_of(object: dict[str, Any]) -> tuple[str, str, str]:
    """Kind, namespace ("" for the cluster's own) and name."""
    kind = noun(object["apiVersion"], object["kind"])
    metadata = object["metadata"]
    namespace = "" if kind in CLUSTER_SCOPED else metadata.get("namespace", "")
    return kind, namespace, metadata["name"]


def owner(object: dict[str, Any]) -> str:
    """The uid of the controller that made an object, "" where a person did."""
    owners = object["metadata"].get("ownerReferences", ())
    return next((reference["uid"] for reference in owners if reference.get("controller")), "")


def immutable_fields(object: dict[str, Any]) -> tuple[str, ...]:
    sealed = ("data", "binaryData", "immutable") if object.get("immutable") is True else ()
    return (*IMMUTABLE.get(object["kind"], ()), *sealed)


def refuse_changes(kind: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Raise Rejected when a field changed that the API server keeps."""
    for path in immutable_fields(before):
        if merge.at(before, path) != merge.at(after, path):
            name = before["metadata"]["name"]
            raise Rejected(f"{kind} {name}: {path}: field is immutable; delete the object first or rename it")


def gone(name: str) -> str:
    """What the API server of a cluster says that another one of its name has come after: nothing."""
    return (
        f"the cluster {name} of this kubeconfig is unreachable: another one of its name stands in its place"
    )


def clusters(home: Home) -> list[Cluster]:
    """Every cluster with a record in this home."""
    if not home.clusters.is_dir():
        return []
    return [Cluster(home, path.parent.name) for path in sorted(home.clusters.glob("*/instance.json"))]
