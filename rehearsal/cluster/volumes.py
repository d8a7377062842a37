"""A pod's volumes, as folders of its own."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from isthmus.errors import IsthmusError
from rehearsal.cluster.cluster import Cluster

_TOKEN_SECONDS = 3600


class NotReady(IsthmusError):
    """A pod cannot start yet; the message says what it waits for, ``reason`` is the kubelet's word."""

    def __init__(self, message: str, reason: str = "CreateContainerConfigError") -> None:
        super().__init__(message)
        self.reason = reason


def field(pod: Mapping[str, Any], path: str, address: str) -> str:
    """A downward API field (``fieldRef.fieldPath``). Raises NotReady for one that is not supported."""
    meta = pod["metadata"]
    plain = {
        "metadata.name": meta["name"],
        "metadata.namespace": meta["namespace"],
        "metadata.uid": meta.get("uid", ""),
        "spec.nodeName": pod["spec"].get("nodeName", "this-machine"),
        "spec.serviceAccountName": pod["spec"].get("serviceAccountName", "default"),
        "status.podIP": address,
        "status.podIPs": address,
        "status.hostIP": "127.0.0.1",
        "status.hostIPs": "127.0.0.1",
    }
    if path in plain:
        return str(plain[path])
    for part in ("labels", "annotations"):
        values = meta.get(part, {})
        if path == f"metadata.{part}":
            return "\n".join(f'{key}="{value}"' for key, value in sorted(values.items()))
        if path.startswith(f"metadata.{part}['") and path.endswith("']"):
            return str(values.get(path.split("'")[1], ""))
    raise NotReady(f"fieldPath {path} is not a field that a pod can be told")


def prepare(cluster: Cluster, pod: dict[str, Any], folder: Path, address: str) -> dict[str, Path]:
    """Make every volume below ``folder`` and fill it; returns the folder of each.

    Files of Secrets, ConfigMaps and tokens are written anew, what the pod wrote stays. Raises NotReady for an
    object that is missing and for a kind of volume that this machine does not have.
    """
    places: dict[str, Path] = {}
    for volume in pod["spec"].get("volumes", ()):
        place = folder / volume["name"]
        place.mkdir(parents=True, exist_ok=True)
        kind = next((key for key in volume if key != "name"), "emptyDir")
        if kind == "persistentVolumeClaim":
            place = _claim(cluster, pod, volume[kind]["claimName"])
        elif kind in _FILES:
            _FILES[kind](_Mount(cluster, pod, address), volume[kind], place)
        elif kind != "emptyDir":
            raise NotReady(
                f"volume {volume['name']} is a {kind}, which a rehearsal cannot mount", "FailedMount"
            )
        places[volume["name"]] = place
    return places


def token_seconds(pod: Mapping[str, Any]) -> int | None:
    """How long the shortest of a pod's tokens is good; None where it has none."""
    sources = [
        source
        for volume in pod["spec"].get("volumes", ())
        for source in volume.get("projected", {}).get("sources", ())
    ]
    asked = [source["serviceAccountToken"] for source in sources if "serviceAccountToken" in source]
    return min((one.get("expirationSeconds", _TOKEN_SECONDS) for one in asked), default=None)


@dataclass(frozen=True)
class _Mount:
    """Which pod a volume is filled for."""

    cluster: Cluster
    pod: dict[str, Any]
    address: str


def _claim(cluster: Cluster, pod: dict[str, Any], name: str) -> Path:
    namespace = pod["metadata"]["namespace"]
    claim = cluster.get("PersistentVolumeClaim", name, namespace)
    if claim is None:
        raise NotReady(f'persistentvolumeclaim "{name}" not found', "FailedMount")
    place = cluster.volume_folder(claim)
    if place is None:
        raise NotReady(f'persistentvolumeclaim "{name}" has no volume of this machine', "FailedMount")
    return place


def _write(place: Path, path: str, content: bytes, mode: int) -> None:
    target = place / path
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(f".{target.name}.new")
    aside.unlink(missing_ok=True)
    aside.write_bytes(content)
    aside.chmod(mode)
    aside.replace(target)


def contents(cluster: Cluster, kind: str, name: str, namespace: str) -> dict[str, bytes] | None:
    """The keys of a Secret or a ConfigMap, None where there is none."""
    object = cluster.get(kind, name, namespace)
    if object is None:
        return None
    if kind == "Secret":
        return {key: base64.b64decode(value) for key, value in object.get("data", {}).items()}
    found = {key: str(value).encode() for key, value in object.get("data", {}).items()}
    return found | {key: base64.b64decode(value) for key, value in object.get("binaryData", {}).items()}


def _keys(kind: str, named: str) -> Callable[[_Mount, dict[str, Any], Path], None]:
    def fill(mount: _Mount, source: dict[str, Any], place: Path) -> None:
        name = source[named]
        found = contents(mount.cluster, kind, name, mount.pod["metadata"]["namespace"])
        if found is None:
            if source.get("optional"):
                return
            raise NotReady(f'{kind.lower()} "{name}" not found', "FailedMount")
        mode = source.get("defaultMode", 0o644)
        items = source.get("items") or [{"key": key, "path": key} for key in found]
        for item in items:
            if item["key"] not in found:
                if source.get("optional"):
                    continue
                raise NotReady(f'{kind.lower()} "{name}" has no key {item["key"]}', "FailedMount")
            _write(place, item["path"], found[item["key"]], item.get("mode", mode) & 0o777)

    return fill


def _downward(mount: _Mount, source: dict[str, Any], place: Path) -> None:
    for item in source.get("items", ()):
        if "fieldRef" in item:
            _write(
                place,
                item["path"],
                field(mount.pod, item["fieldRef"]["fieldPath"], mount.address).encode(),
                0o644,
            )


def _token(mount: _Mount, source: dict[str, Any], place: Path) -> None:
    seconds = source.get("expirationSeconds", _TOKEN_SECONDS)
    token = mount.cluster.token(mount.pod, source.get("audience", ""), seconds)
    _write(place, source["path"], token.encode(), 0o600)


def _projected(mount: _Mount, source: dict[str, Any], place: Path) -> None:
    fillers = {
        "secret": _keys("Secret", "name"),
        "configMap": _keys("ConfigMap", "name"),
        "downwardAPI": _downward,
        "serviceAccountToken": _token,
    }
    for projection in source.get("sources", ()):
        for kind, inner in projection.items():
            if kind not in fillers:
                raise NotReady(
                    f"a projected volume holds a {kind}, which a rehearsal cannot mount", "FailedMount"
                )
            fillers[kind](mount, {"defaultMode": source.get("defaultMode", 0o644), **inner}, place)


_FILES: dict[str, Callable[[_Mount, dict[str, Any], Path], None]] = {
    "secret": _keys("Secret", "secretName"),
    "configMap": _keys("ConfigMap", "name"),
    "downwardAPI": _downward,
    "projected": _projected,
}
