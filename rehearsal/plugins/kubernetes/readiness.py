"""When an object is ready, by what the API server tells of it: as pulumi-kubernetes waits.

v4.32.0, provider/pkg/await/{awaiters,deployment,job,service}.go; read 2026-11-28. It differs in two things,
both of which end a wait sooner and no other way: what has failed for good is told at once, where the plugin
waits on for reasons that it does not know; and no ten seconds pass after a Service's last endpoint. In a
third it is kinder: it is not told customTimeouts, and waits for the controller's own deadline where the
plugin gives up after ten minutes (``tests/infra/test_waits.py`` holds what the estate writes there).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from isthmus.errors import IsthmusError
from rehearsal.control_plane.api import Api
from rehearsal.plugins.kubernetes.objects import annotation

Object = dict[str, Any]
State: TypeAlias = tuple[bool, str]
"""Whether it is ready, and what it waits for."""

SKIP: Final = "pulumi.com/skipAwait"
WAIT_FOR: Final = "pulumi.com/waitFor"
"""In the place of what the kind itself would be waited for (provider/pkg/metadata/overrides.go)."""
TIMEOUT: Final = "pulumi.com/timeoutSeconds"
_SECONDS: Final = 600.0
_TRAINING_SECONDS: Final = 3600.0
"""A Job's: in the plugin its ten minutes begin anew with each change, and training takes longer here."""
_MARGIN_SECONDS: Final = 60.0
REVISION: Final = "deployment.kubernetes.io/revision"


class Failed(IsthmusError):
    """It will not become ready any more; the message says why."""


def check_of(object: Object, *, updated: bool) -> Callable[[Api, Object], State] | None:
    """What tells whether an object that was written just now is ready; None where that needs no waiting.

    ``updated``: it was there before.
    """
    if annotation(object, SKIP) == "true":
        return None
    if said := annotation(object, WAIT_FOR):
        return lambda _, now: _waited_for(now, said)
    if object["kind"] == "PersistentVolumeClaim":
        return lambda api, claim: _claim(api, claim, updated)
    return _CHECKS.get(object["kind"])


def limit(object: Object) -> float:
    """How long to wait for an object, in seconds."""
    if said := annotation(object, TIMEOUT):
        return float(said)
    spec = object.get("spec") or {}
    usual = _TRAINING_SECONDS if object["kind"] == "Job" else _SECONDS
    # The controller's own deadline says more than giving up the wait would.
    deadline = spec.get("activeDeadlineSeconds") or spec.get("progressDeadlineSeconds") or 0
    return max(usual, deadline + _MARGIN_SECONDS)


def has_completed(job: Mapping[str, Any]) -> bool:
    """Whether a Job has done its work (checker/job/check.go)."""
    return "startTime" in job.get("status", {}) and _condition(job, "Complete")["status"] == "True"


def _deployment(api: Api, deployment: Object) -> State:
    meta, status = deployment["metadata"], deployment.get("status", {})
    if status.get("observedGeneration") != meta["generation"]:
        return False, "the controller has not seen it yet"
    revision = meta.get("annotations", {}).get(REVISION, "")
    progress, available = _condition(deployment, "Progressing"), _condition(deployment, "Available")
    if progress["status"] == "False":
        raise Failed(f"[{progress.get('reason')}] {progress.get('message')}")
    if available["status"] != "True":
        return False, _said(available) or "no replica is available"
    # The first revision is made, not rolled out.
    if revision != "1" and progress.get("reason") != "NewReplicaSetAvailable":
        return False, _said(progress)
    for each in api.list("apps/v1", "ReplicaSet", meta["namespace"]):
        current = each["metadata"].get("annotations", {}).get(REVISION) == revision
        if current and _is_owned(each, meta["uid"]):
            wanted, there = each["spec"].get("replicas", 1), each["status"].get("readyReplicas", 0)
            return there >= wanted, f"{there} of {wanted} replicas are ready"
    return False, "its ReplicaSet is not there yet"


def _daemon_set(_: Api, daemons: Object) -> State:
    status = daemons.get("status", {})
    if status.get("observedGeneration") != daemons["metadata"]["generation"]:
        return False, "the controller has not seen it yet"
    wanted = status["desiredNumberScheduled"]
    there = min(status.get("updatedNumberScheduled", 0), status.get("numberAvailable", 0))
    return there >= wanted, f"{there} of {wanted} nodes have it"


def _job(_: Api, job: Object) -> State:
    if job["spec"].get("suspend"):
        return True, ""
    failed, status = _condition(job, "Failed"), job.get("status", {})
    if failed["status"] == "True":
        raise Failed(f"{failed.get('reason')}: {failed.get('message')}")
    done, wanted = status.get("succeeded", 0), job["spec"].get("completions", 1)
    return has_completed(job), f"{done} of {wanted} have succeeded"


def _service(api: Api, service: Object) -> State:
    spec, meta = service["spec"], service["metadata"]
    if spec.get("type") == "LoadBalancer" and not service["status"].get("loadBalancer", {}).get("ingress"):
        return False, "it was not given an address"
    if spec.get("type") == "ExternalName" or spec.get("clusterIP") == "None" or not spec.get("selector"):
        return True, ""
    endpoints = api.get("v1", "Endpoints", meta["name"], meta["namespace"])
    if endpoints is None:
        return False, "its endpoints are not there yet"
    pending = any(subset.get("notReadyAddresses") for subset in endpoints.get("subsets") or ())
    return not pending, "some of the pods that it selects are not ready"


def _claim(api: Api, claim: Object, updated: bool) -> State:
    phase = claim.get("status", {}).get("phase", "")
    if phase == "Bound":
        return True, ""
    name = claim["spec"].get("storageClassName")
    storage = api.get("storage.k8s.io/v1", "StorageClass", name) if name else None
    late = storage is not None and storage.get("volumeBindingMode") == "WaitForFirstConsumer"
    return late and phase == "Pending" and not updated, f"it is {phase or 'new'}"


def _volume(_: Api, volume: Object) -> State:
    phase = volume.get("status", {}).get("phase", "")
    return phase in ("Available", "Bound"), f"it is {phase or 'new'}"


def _quota(_: Api, quota: Object) -> State:
    taken = quota.get("status", {}).get("hard") == quota["spec"].get("hard")
    return taken, "the controller has not taken it over"


def _secret(_: Api, secret: Object) -> State:
    made_later = secret.get("type") == "kubernetes.io/service-account-token"
    return bool(secret.get("data")) or not made_later, "its token is not there yet"


_CHECKS: Final[Mapping[str, Callable[[Api, Object], State]]] = {
    "DaemonSet": _daemon_set,
    "Deployment": _deployment,
    "Job": _job,
    "PersistentVolume": _volume,
    "ResourceQuota": _quota,
    "Secret": _secret,
    "Service": _service,
}


def _waited_for(object: Object, said: str) -> State:
    try:
        listed = json.loads(said)
    except ValueError:
        listed = [said]
    for each in listed:
        wanted, _, status = str(each).removeprefix("condition=").partition("=")
        if not str(each).startswith("condition=") or not wanted:
            raise Failed(f"{WAIT_FOR} is {said}; of what it may be, a rehearsal knows condition=NAME alone")
        found = _condition(object, wanted)
        if found["status"] != (status or "True"):
            told = _said(found) or "no controller tells it"
            return False, f"its condition {wanted} is not {status or 'True'}: {told}"
    return True, ""


def _condition(object: Mapping[str, Any], type: str) -> Mapping[str, Any]:
    found = object.get("status", {}).get("conditions") or ()
    return next((each for each in found if each["type"] == type), {"status": "Unknown"})


def _said(condition: Mapping[str, Any]) -> str:
    reason = condition.get("reason")
    return f"[{reason}] {condition.get('message')}" if reason else ""


def _is_owned(object: Object, uid: str) -> bool:
    return any(owner["uid"] == uid for owner in object["metadata"].get("ownerReferences") or ())
