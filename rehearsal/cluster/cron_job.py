"""A CronJob's Job at once, for who asks."""

from __future__ import annotations

import copy
import secrets
from typing import Any

from rehearsal.cluster.cluster import Cluster

_LETTERS = "bcdfghjklmnpqrstvwxz2456789"


def fire(cluster: Cluster, cron_job: dict[str, Any]) -> dict[str, Any]:
    """Make a Job of its template, as ``kubectl create job NAME --from=cronjob/...`` does; returns it."""
    template, meta = cron_job["spec"]["jobTemplate"], cron_job["metadata"]
    template_metadata = template.get("metadata", {})
    suffix = "".join(secrets.choice(_LETTERS) for _ in range(5))
    owner = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "name": meta["name"],
        "uid": meta["uid"],
        "controller": True,
    }
    annotations = {
        **template_metadata.get("annotations", {}),
        "cronjob.kubernetes.io/instantiate": "manual",
    }
    return cluster.api.create(
        {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {
                "name": f"{meta['name'][:46]}-by-hand-{suffix}",
                "namespace": meta["namespace"],
                "labels": dict(template_metadata.get("labels", {})),
                "annotations": annotations,
                "ownerReferences": [owner],
            },
            "spec": copy.deepcopy(template["spec"]),
        }
    )
