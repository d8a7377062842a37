"""What the pods of one cluster use, told as metrics-server tells it: for autoscalers and `kubectl top`.

metrics-server answers for the API group metrics.k8s.io beside the API server. Here the group's two kinds are
defined in the API server itself and their objects written to it: whoever asks sees no difference, and an
answering server that is gone cannot hold up the end of a namespace.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil

from rehearsal import json_files
from rehearsal.cluster import clock
from rehearsal.cluster.cluster import Cluster
from rehearsal.cluster.endpoints import with_sidecars
from rehearsal.control_plane.api import Object
from rehearsal.control_plane.errors import ApiRefused, ControlPlaneError

GROUP: Final = "metrics.k8s.io"
VERSION: Final = f"{GROUP}/v1beta1"
# As metrics-server's manifest asks it to (components.yaml, --metric-resolution=15s); of itself it takes 60 s
# (kubernetes-sigs/metrics-server@087ef6b, cmd/metrics-server/app/options/options.go; looked up 2026-11-28).
WINDOW_SECONDS: Final = 15
_LOOK_SECONDS: Final = 0.2
_MANAGER: Final = "metrics-server"
_KINDS: Final = (("PodMetrics", "pods", "Namespaced"), ("NodeMetrics", "nodes", "Cluster"))


@dataclass(frozen=True)
class Use:
    """Processor time since the beginning (s) and memory now (bytes) of some processes."""

    cpu: float
    memory: int


class Metrics:
    """A thread that measures the pods of a cluster and tells the API server, until it is stopped."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._over = threading.Event()
        self._before: dict[tuple[str, str], tuple[float, float]] = {}
        threading.Thread(target=self._live, name=f"metrics-{cluster.name}", daemon=True).start()

    def stop(self) -> None:
        """Measure nothing any more; what was told stands, and grows old."""
        self._over.set()

    def _live(self) -> None:
        while not self._cluster.knows:
            if self._over.wait(_LOOK_SECONDS):
                return
        defined = False
        while not self._over.wait(WINDOW_SECONDS if defined else _LOOK_SECONDS):
            # A server that does not answer, or whose namespace ends just now, is asked again next time.
            with contextlib.suppress(ApiRefused, ControlPlaneError):
                if not defined:
                    for names in _KINDS:
                        self._cluster.api.apply(definition(*names), manager=_MANAGER, force=True)
                    defined = True
                self._tell()

    def _tell(self) -> None:
        used = dict(processes())
        now, told = time.monotonic(), set()
        nodes: dict[str, list[Object]] = {node["metadata"]["name"]: [] for node in self._cluster.list("Node")}
        pods = self._cluster.pods_here()
        for pod in pods:
            meta = pod["metadata"]
            folder = self._cluster.pod_folder(meta["namespace"], meta["name"])
            containers = list(self._containers(pod, folder, used, now))
            if containers:
                told.add((meta["namespace"], meta["name"]))
                nodes.setdefault(pod["spec"]["nodeName"], []).extend(containers)
                self._write("PodMetrics", meta, {"containers": containers}, meta.get("labels", {}))
        for name, containers in nodes.items():
            self._write("NodeMetrics", {"name": name}, {"usage": _sum(containers)}, {})
        for kind, keep in (("PodMetrics", told), ("NodeMetrics", {("", name) for name in nodes})):
            for old in self._cluster.api.list(VERSION, kind):
                at = old["metadata"].get("namespace", ""), old["metadata"]["name"]
                if at not in keep:
                    self._cluster.api.delete(VERSION, kind, at[1], at[0])
        there = {pod["metadata"]["uid"] for pod in pods}
        self._before = {key: one for key, one in self._before.items() if key[0] in there}

    def _containers(
        self, pod: Object, folder: Path, used: Mapping[int, Use], now: float
    ) -> Iterator[dict[str, Any]]:
        """What each container used since the last round; one that is seen for the first time is not told."""
        for container in with_sidecars(pod["spec"]):
            state = json_files.read(folder / "run" / container["name"] / "state.json")
            if not state or not state["pid"] or "exitCode" in state:
                continue
            if (use := used.get(int(state["pid"]))) is None:
                continue
            key = (pod["metadata"]["uid"], f"{container['name']} {state['attempt']}")
            before, self._before[key] = self._before.get(key), (now, use.cpu)
            if before is not None:
                rate = max(use.cpu - before[1], 0.0) / (now - before[0])
                yield {"name": container["name"], "usage": _usage(rate, use.memory)}

    def _write(
        self, kind: str, at: Mapping[str, Any], said: Mapping[str, Any], labels: Mapping[str, str]
    ) -> None:
        # A pod that has just gone takes its metrics along; its namespace refuses them.
        with contextlib.suppress(ApiRefused):
            self._cluster.api.apply(
                {
                    "apiVersion": VERSION,
                    "kind": kind,
                    "metadata": {
                        "name": at["name"],
                        **({"namespace": at["namespace"]} if "namespace" in at else {}),
                        "labels": dict(labels),
                    },
                    "timestamp": clock.stamp(),
                    "window": f"{WINDOW_SECONDS}s",
                    **said,
                },
                manager=_MANAGER,
                force=True,
            )


def processes() -> Iterator[tuple[int, Use]]:
    """What each session of this machine uses, by its leader: a container is one (``processes.Run``)."""
    cpu: dict[int, float] = defaultdict(float)
    memory: dict[int, int] = defaultdict(int)
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            leader = os.getsid(process.pid)
            with process.oneshot():
                times = process.cpu_times()
                # Of children that have ended, too: what a short process used is not lost.
                cpu[leader] += times.user + times.system + times.children_user + times.children_system
                memory[leader] += process.memory_info().rss
    yield from ((leader, Use(cpu[leader], memory[leader])) for leader in cpu)


def definition(kind: str, plural: str, scope: str) -> Object:
    """The CustomResourceDefinition of one of the group's kinds."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": f"{plural}.{GROUP}",
            # What a group of Kubernetes' own names asks of whoever defines it (from memory; the server of
            # 1.36.3 takes the definition with it).
            "annotations": {"api-approved.kubernetes.io": "unapproved, for a rehearsal"},
        },
        "spec": {
            "group": GROUP,
            "scope": scope,
            "names": {"kind": kind, "listKind": f"{kind}List", "plural": plural, "singular": ""},
            "versions": [
                {
                    "name": VERSION.partition("/")[2],
                    "served": True,
                    "storage": True,
                    "schema": {
                        "openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
                    },
                }
            ],
        },
    }


def _usage(cpu: float, memory: int) -> dict[str, str]:
    return {"cpu": f"{cpu * 1e9:.0f}n", "memory": f"{memory // 1024}Ki"}


def _sum(containers: list[Object]) -> dict[str, str]:
    cpu = sum(int(one["usage"]["cpu"].removesuffix("n")) for one in containers)
    memory = sum(int(one["usage"]["memory"].removesuffix("Ki")) for one in containers)
    return {"cpu": f"{cpu}n", "memory": f"{memory}Ki"}
