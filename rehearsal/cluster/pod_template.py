"""Pods that controllers make from a template."""

from __future__ import annotations

import copy
import hashlib
import json
import secrets
from typing import Any

from rehearsal.cluster import clock
from rehearsal.cluster.record import Cluster

_LETTERS = "bcdfghjklmnpqrstvwxz2456789"  # Kubernetes' alphabet of made names: no words come out


def template_hash(template: dict[str, Any]) -> str:
    """Ten letters that tell one pod template from another."""
    digest = hashlib.sha256(json.dumps(template, sort_keys=True).encode()).digest()
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[:10])


def create_pod(
    cluster: Cluster,
    owner: dict[str, Any],
    prefix: str,
    *,
    labels: dict[str, str],
    annotations: dict[str, str] | None = None,
    hostname: str = "",
    env: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Record a pod of ``owner``'s template with a name of its own; returns it.

    ``env``: variables that every container gets which does not set them itself.
    """
    template, meta = owner["spec"]["template"], owner["metadata"]
    template_metadata = template.get("metadata", {})
    spec = copy.deepcopy(template["spec"])
    if hostname:
        spec.setdefault("hostname", hostname)
    for container in (*spec.get("initContainers", ()), *spec["containers"]):
        own = {variable["name"] for variable in container.get("env", ())}
        added = [variable for variable in env or () if variable["name"] not in own]
        if added:
            container["env"] = [*added, *container.get("env", ())]
    suffix = "".join(secrets.choice(_LETTERS) for _ in range(5))
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"{prefix[:57]}-{suffix}",
            "namespace": meta["namespace"],
            "labels": {**template_metadata.get("labels", {}), **labels},
            "annotations": {**template_metadata.get("annotations", {}), **(annotations or {})},
            "ownerReferences": [
                {
                    "apiVersion": owner["apiVersion"],
                    "kind": owner["kind"],
                    "name": meta["name"],
                    "uid": meta["uid"],
                    "controller": True,
                }
            ],
        },
        "spec": spec,
    }
    return cluster.apply(pod)


def condition(conditions: list[dict[str, Any]], kind: str, status: str, reason: str, message: str) -> None:
    """Set one condition in a list, keeping the time of its last change of status."""
    for known in conditions:
        if known["type"] == kind:
            if known["status"] != status:
                known["lastTransitionTime"] = clock.stamp()
            known |= {"status": status, "reason": reason, "message": message}
            return
    conditions.append(
        {
            "type": kind,
            "status": status,
            "reason": reason,
            "message": message,
            "lastTransitionTime": clock.stamp(),
        }
    )
