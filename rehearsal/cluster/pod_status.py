"""What the API server is to be told of a pod: its status as a kubelet writes it, as far as it is news."""

from __future__ import annotations

from typing import Any

from rehearsal.cluster.pod_address import told

Status = dict[str, Any]
_OURS = ("reason", "message")
"""Fields that are taken away again when there is nothing to say."""
_ADDRESSES = ("podIPs", "hostIPs")


def changes(pod: dict[str, Any], observed: Status) -> Status:
    """The fields to change in the status that the server has, for a merge; {} where nothing is news."""
    known = pod.get("status", {})
    wanted = _as_kubelet(pod, observed)
    news = {key: value for key, value in wanted.items() if key != "conditions" and known.get(key) != value}
    news |= {key: None for key in _OURS if key in known and key not in wanted}
    # Merged by address: a pod that got another one would have both, which is refused.
    news |= {key: [{"$patch": "replace"}, *news[key]] for key in _ADDRESSES if key in known and key in news}
    before = {condition["type"]: condition for condition in known.get("conditions", ())}
    # Merged by type: those of the scheduler and of evictions stay.
    said = [one for one in wanted["conditions"] if not _says(before.get(one["type"], {}), one)]
    return news | ({"conditions": said} if said else {})


def _as_kubelet(pod: dict[str, Any], observed: Status) -> Status:
    status = dict(observed)
    for key in ("podIP", "hostIP"):
        if key in status:
            status[key] = told(status[key])
            status[f"{key}s"] = [{"ip": status[key]}]
    # A sidecar is an init container that never ends.
    first = [container["name"] for container in pod["spec"].get("initContainers", ())]
    every = [*status.pop("initContainerStatuses", ()), *status.pop("containerStatuses", ())]
    parts: dict[str, list[Status]] = {"initContainerStatuses": [], "containerStatuses": []}
    for one in every:
        part = "initContainerStatuses" if one["name"] in first else "containerStatuses"
        parts[part].append({"imageID": "", "lastState": {}, **one})
    parts["initContainerStatuses"].sort(key=lambda one: first.index(one["name"]))
    return status | {part: found for part, found in parts.items() if found}


def _says(known: Status, condition: Status) -> bool:
    return all(known.get(key) == value for key, value in condition.items())
