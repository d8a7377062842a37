"""Why an object does not become ready: what its pods' containers say, else the API's own warnings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

from rehearsal.control_plane.api import Api
from rehearsal.control_plane.errors import ApiRefused, ControlPlaneError

Object = dict[str, Any]
_LOG_LINES: Final = 15


def last_words(api: Api, object: Object) -> str:
    """As the end of a sentence, with the last lines of a container that is in trouble; "" for nothing."""
    try:
        return _last_words(api, object)
    except (ApiRefused, ControlPlaneError):
        return ""


def _last_words(api: Api, object: Object) -> str:
    meta = object["metadata"]
    namespace = meta.get("namespace", "")
    owned = {meta["uid"]}
    owned |= {each["metadata"]["uid"] for each in _below(api, "apps/v1", "ReplicaSet", namespace, owned)}
    pods = list(_below(api, "v1", "Pod", namespace, owned))
    for pod in reversed(pods):
        for container in _troubled(pod):
            return _fate(api, pod, container)
    owned |= {pod["metadata"]["uid"] for pod in pods}
    warnings = [
        event["message"]
        for event in api.list("v1", "Event", namespace)
        if event.get("type") == "Warning" and event["involvedObject"].get("uid") in owned
    ]
    return f"; {warnings[-1]}" if warnings else ""


def _below(api: Api, version: str, kind: str, namespace: str, owners: set[str]) -> Iterator[Object]:
    for each in api.list(version, kind, namespace):
        if any(owner["uid"] in owners for owner in each["metadata"].get("ownerReferences") or ()):
            # Items of a list do not say what they are.
            yield each


def _troubled(pod: Object) -> Iterator[Object]:
    status = pod.get("status", {})
    containers = (*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ()))
    for container in containers:
        reason = container.get("state", {}).get("waiting", {}).get("reason", "")
        if _exit(container) or reason not in ("", "ContainerCreating", "PodInitializing"):
            yield container


def _exit(container: Object) -> int:
    for part in ("state", "lastState"):
        code = container.get(part, {}).get("terminated", {}).get("exitCode")
        if code is not None:
            return int(code)
    return 0


def _fate(api: Api, pod: Object, container: Object) -> str:
    meta = pod["metadata"]
    words = f"; container {container['name']} of pod {meta['name']} "
    if code := _exit(container):
        again = f" after {container['restartCount']} restarts" if container.get("restartCount") else ""
        words += f"ended with exit code {code}{again}"
    else:
        waiting = container["state"]["waiting"]
        words += f"waits ({waiting['reason']}): {waiting.get('message', '')}".rstrip(": ")
    lines = []
    with suppress(ApiRefused):  # its node may be gone
        said = api.log(meta["namespace"], meta["name"], container["name"], tailLines=str(_LOG_LINES))
        lines = said.splitlines()
    shown = "\n".join(f"  {line}" for line in lines)
    return f"{words}, and its last lines are:\n{shown}" if lines else words
