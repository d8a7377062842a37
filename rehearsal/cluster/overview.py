"""What runs in the clusters of a home, as `isthmus status` and `isthmus logs` show it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rehearsal.cluster import clock, images
from rehearsal.cluster.endpoints import with_sidecars
from rehearsal.cluster.job import is_over
from rehearsal.cluster.of_home import clusters
from rehearsal.cluster.pod_address import here
from rehearsal.home import Home

if TYPE_CHECKING:
    from rehearsal.cluster.cluster import Cluster

SITES = ("aws", "openstack")
_GPU = "nvidia.com/gpu"


@dataclass(frozen=True)
class PodLine:
    """What a person is shown of one pod."""

    cluster: str
    site: str
    namespace: str
    name: str
    ready: int
    containers: int
    state: str
    """As `kubectl get pods` has it: Running, Completed, CrashLoopBackOff, Init:0/1, ..."""
    restarts: int
    age_seconds: float
    image: str
    stands_in: str
    address: str
    message: str
    ended: bool
    """Whether its log is complete."""


def site_of(cluster: str) -> str:
    """The site of a cluster by its name (``isthmus-local-aws``), else the name itself."""
    return next((site for site in SITES if cluster == site or cluster.endswith(f"-{site}")), cluster)


def pod_lines(home: Home, site: str | None = None) -> list[PodLine]:
    """Every pod of a home, or of one site, by cluster, namespace and name."""
    return [
        _line(cluster, pod)
        for cluster in clusters(home)
        if site in (None, site_of(cluster.name))
        for pod in cluster.list("Pod")
    ]


def named(home: Home, name: str = "", site: str | None = None) -> list[PodLine]:
    """The pods that a person means by a name: the pod's own, how it begins, or its words in their order.

    ``train-0`` means ``train-36a68437-0-r6x9c``: what Kubernetes puts between and after is left out. A name
    may stand behind its namespace and a slash. Where a pod has exactly the name, no other is meant.
    """
    lines = pod_lines(home, site)
    space, _, short = name.rpartition("/")
    lines = [line for line in lines if space in ("", line.namespace)]
    for meant in (str.__eq__, str.startswith, _has_words):
        if found := [line for line in lines if meant(line.name, short)]:
            return found
    return []


def awaited(home: Home, name: str = "", site: str | None = None) -> bool:
    """Whether a Job that ``name`` may mean is not over, so that a pod of it may still come."""
    first = name.rpartition("/")[2].partition("-")[0]
    return any(
        job["metadata"]["name"].startswith(first) and is_over(job) is None
        for cluster in clusters(home)
        if site in (None, site_of(cluster.name))
        for job in cluster.list("Job")
    )


def _has_words(name: str, short: str) -> bool:
    """Whether all words of a short name are in a name, in this order and the first one first."""
    words = iter(name.split("-"))
    first, *others = short.split("-")
    return next(words) == first and all(word in words for word in others)


def log_files(home: Home, name: str = "", *, previous: bool = False, site: str | None = None) -> list[Path]:
    """Logs of the pods that are meant by ``name``, init containers first; ``previous``: of the run before the
    last restart."""
    meant = {(line.cluster, line.namespace, line.name) for line in named(home, name, site)}
    return [
        file
        for cluster in clusters(home)
        for pod in sorted(cluster.list("Pod"), key=lambda pod: str(pod["metadata"]["creationTimestamp"]))
        if (cluster.name, pod["metadata"]["namespace"], pod["metadata"]["name"]) in meant
        for file in _logs(cluster, pod, previous)
        if file.is_file()
    ]


def _logs(cluster: Cluster, pod: dict[str, Any], previous: bool) -> Iterator[Path]:
    folder = cluster.pod_folder(pod["metadata"]["namespace"], pod["metadata"]["name"])
    for part in ("initContainers", "containers"):
        for container in pod["spec"].get(part, ()):
            yield folder / f"{container['name']}{'.previous' if previous else ''}.log"


def _line(cluster: Cluster, pod: dict[str, Any]) -> PodLine:
    meta, status = pod["metadata"], pod.get("status", {})
    beside = {container["name"] for container in with_sidecars(pod["spec"])}
    image = pod["spec"]["containers"][0]["image"]
    notes = [status.get("message", "")]
    if gpus := _gpus_asked(pod["spec"]):
        notes.append(f"{gpus} GPU{'s'[: gpus > 1]} asked for, not on this machine")
    notes += [container["state"].get("waiting", {}).get("message", "") for container in _all(status)]
    return PodLine(
        cluster=cluster.name,
        site=site_of(cluster.name),
        namespace=meta["namespace"],
        name=meta["name"],
        ready=sum(container["ready"] for container in _all(status) if container["name"] in beside),
        containers=len(with_sidecars(pod["spec"])),
        state=_state(pod),
        restarts=sum(container["restartCount"] for container in _all(status)),
        age_seconds=max(time.time() - clock.seconds(meta["creationTimestamp"]), 0.0),
        image=image,
        stands_in=images.stands_in(image) or "nothing: not run",
        address=here(status.get("podIP", "")),
        message="; ".join(dict.fromkeys(note for note in notes if note)),
        ended=status.get("phase") in ("Succeeded", "Failed"),
    )


def _all(status: dict[str, Any]) -> list[dict[str, Any]]:
    return [*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())]


def _state(pod: dict[str, Any]) -> str:
    status = pod.get("status", {})
    if "deletionTimestamp" in pod["metadata"]:
        return "Terminating"
    if status.get("reason"):
        return str(status["reason"])
    if status.get("phase") == "Succeeded":
        return "Completed"
    beside = {container["name"] for container in with_sidecars(pod["spec"])}
    init = [one for one in status.get("initContainerStatuses", []) if one["name"] not in beside]
    done = [container for container in init if container["state"].get("terminated", {}).get("exitCode") == 0]
    for container in _all(status):
        state = container["state"]
        reason = state.get("waiting", {}).get("reason", "")
        if reason and reason != "ContainerCreating":
            return str(reason)
        if state.get("terminated", {}).get("exitCode"):
            return "Error"
    if len(done) < len(init):
        return f"Init:{len(done)}/{len(init)}"
    return str(status.get("phase", "Pending"))


def _gpus_asked(spec: dict[str, Any]) -> int:
    """GPUs that a pod's containers ask for together."""
    limits = [container.get("resources", {}).get("limits", {}) for container in spec["containers"]]
    return sum(int(limit[_GPU]) for limit in limits if str(limit.get(_GPU, "")).isdigit())
