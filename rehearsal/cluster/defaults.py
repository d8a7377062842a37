"""What the API server fills in, as far as the controllers of a rehearsal read it."""

from __future__ import annotations

import base64
from typing import Any


def fill(object: dict[str, Any]) -> None:
    """Complete ``object`` in place."""
    kind, spec = object["kind"], object.get("spec")
    if kind == "Namespace":
        labels = object["metadata"].setdefault("labels", {})
        labels["kubernetes.io/metadata.name"] = object["metadata"]["name"]
    elif kind == "Secret":
        object.setdefault("type", "Opaque")
        for key, text in object.pop("stringData", {}).items():
            object.setdefault("data", {})[key] = base64.b64encode(str(text).encode()).decode()
    elif kind == "Job" and spec is not None:
        _defaults(spec, parallelism=1, backoffLimit=6, completionMode="NonIndexed", suspend=False)
        if "backoffLimitPerIndex" in spec and spec["backoffLimit"] == 6:
            spec["backoffLimit"] = 2**31 - 1
        spec.setdefault("completions", 1)
    elif kind == "CronJob" and spec is not None:
        _defaults(
            spec,
            concurrencyPolicy="Allow",
            suspend=False,
            successfulJobsHistoryLimit=3,
            failedJobsHistoryLimit=1,
        )
    elif kind == "Deployment" and spec is not None:
        _defaults(spec, replicas=1, progressDeadlineSeconds=600, minReadySeconds=0, revisionHistoryLimit=10)
        strategy = spec.setdefault("strategy", {})
        if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
            _defaults(strategy.setdefault("rollingUpdate", {}), maxSurge="25%", maxUnavailable="25%")
    elif kind == "Service" and spec is not None:
        _defaults(spec, type="ClusterIP", sessionAffinity="None")
        for port in spec.get("ports", ()):
            _defaults(port, protocol="TCP", targetPort=port["port"])


def _defaults(into: dict[str, Any], **values: Any) -> None:
    for key, value in values.items():
        into.setdefault(key, value)
