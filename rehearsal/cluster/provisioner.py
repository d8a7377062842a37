"""Makes the volumes that claims of a cluster wait for, as folders: what a cloud's CSI driver does there.

It answers for every StorageClass, whatever provisioner the class names; the controller of Kubernetes binds.
"""

from __future__ import annotations

import contextlib
import shutil
from typing import Any

from rehearsal.cluster.cluster import Cluster, local_folder
from rehearsal.control_plane.errors import ApiRefused

# By whom a volume is to be made, as Kubernetes' own controller asks, and by whom it was
# (https://kubernetes.io/docs/reference/labels-annotations-taints, looked up 2026-11-28).
_ASKED = "volume.kubernetes.io/storage-provisioner"
_MADE = "pv.kubernetes.io/provisioned-by"


def provision(cluster: Cluster) -> None:
    """Make the volumes that are asked for, and remove those that nobody claims any more."""
    for claim in cluster.list("PersistentVolumeClaim"):
        if _ASKED in claim["metadata"].get("annotations", {}) and not claim["spec"].get("volumeName"):
            _make(cluster, claim)
    for volume in cluster.list("PersistentVolume"):
        if (place := local_folder(cluster.folder, volume)) is not None and _is_done(volume):
            shutil.rmtree(place, ignore_errors=True)
            with contextlib.suppress(ApiRefused):
                cluster.api.delete("v1", "PersistentVolume", volume["metadata"]["name"])


def _make(cluster: Cluster, claim: dict[str, Any]) -> None:
    meta, spec = claim["metadata"], claim["spec"]
    storage = cluster.get("StorageClass", spec.get("storageClassName", ""))
    waits = storage is not None and storage.get("volumeBindingMode") == "WaitForFirstConsumer"
    if storage is None or (waits and "volume.kubernetes.io/selected-node" not in meta["annotations"]):
        return
    name = f"pvc-{meta['uid']}"
    if cluster.get("PersistentVolume", name) is not None:
        return
    place = cluster.folder / "volumes" / name
    place.mkdir(parents=True, exist_ok=True)
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name, "annotations": {_MADE: meta["annotations"][_ASKED]}},
        "spec": {
            "accessModes": spec["accessModes"],
            "capacity": spec["resources"]["requests"],
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "name": meta["name"],
                "namespace": meta["namespace"],
                "uid": meta["uid"],
            },
            "hostPath": {"path": str(place), "type": "Directory"},
            "persistentVolumeReclaimPolicy": storage.get("reclaimPolicy", "Delete"),
            "storageClassName": spec["storageClassName"],
        },
    }
    with contextlib.suppress(ApiRefused):  # made already: the watch is late
        cluster.api.create(volume, manager="node")


def _is_done(volume: dict[str, Any]) -> bool:
    policy = str(volume["spec"].get("persistentVolumeReclaimPolicy"))
    return policy == "Delete" and volume.get("status", {}).get("phase") == "Released"
