"""What the kubelet does for one pod: address, volumes, init containers, containers, status, end."""

from __future__ import annotations

import contextlib
import shutil
import time
from pathlib import Path
from typing import Any

from rehearsal.cluster import clock, images, volumes
from rehearsal.cluster.addresses import Addresses, NoAddress
from rehearsal.cluster.cluster import Cluster
from rehearsal.cluster.container import NEVER_WAKES, Container, Tools
from rehearsal.cluster.endpoints import with_sidecars
from rehearsal.cluster.environment import Launch, launch
from rehearsal.cluster.names import Names, address_key
from rehearsal.cluster.processes import Run
from rehearsal.cluster.volumes import NotReady

DEFAULT_GRACE_SECONDS = 30
_RETRY_SECONDS = 10.0


class PodRunner:
    """One pod at work. The agent calls ``step`` whenever something may have changed."""

    def __init__(self, cluster: Cluster, pod: dict[str, Any], addresses: Addresses, tools: Tools) -> None:
        self.pod = pod
        self._cluster = cluster
        self._addresses = addresses
        self._folder: Path = cluster.pod_folder(pod["metadata"]["namespace"], pod["metadata"]["name"])
        self._names = Names(cluster, pod["metadata"]["namespace"], addresses)
        self._tools = tools
        self._volumes: dict[str, Path] | None = None
        self._mount_again = 0.0
        self._started_at = pod.get("status", {}).get("startTime") or clock.stamp()
        self._waits = ""
        self.address = ""
        spec = pod["spec"]
        policy = spec.get("restartPolicy", "Always")
        beside = [
            container
            for container in spec.get("initContainers", ())
            if container.get("restartPolicy") == "Always"
        ]
        before = [
            container
            for container in spec.get("initContainers", ())
            if container.get("restartPolicy") != "Always"
        ]
        self._init = [
            self._container(container, "Never" if policy == "Never" else "OnFailure") for container in before
        ]
        self._beside = [self._container(container, "Always") for container in beside]
        self._main = [self._container(container, policy) for container in spec["containers"]]

    def _container(self, spec: dict[str, Any], policy: str) -> Container:
        def work_out() -> Launch:
            mounted = self._mount(time.time()) if self._volumes is None else self._volumes
            return launch(
                spec, self.pod, self._names, mounted, self._folder, self.address, self._tools.programs
            )

        run = Run(self._folder / "run" / spec["name"])
        log = self._folder / f"{spec['name']}.log"
        return Container(spec, run, log, "", policy, self._tools, work_out)

    def _mount(self, now: float) -> dict[str, Path]:
        self._volumes = volumes.prepare(self._cluster, self.pod, self._folder / "volumes", self.address)
        seconds = volumes.token_seconds(self.pod)
        # As the kubelet: when four fifths of a token's time are over.
        self._mount_again = now + (NEVER_WAKES * 24 if seconds is None else 0.8 * seconds)
        return self._volumes

    @property
    def finished(self) -> bool:
        """Whether the pod has come to its end and keeps only its logs and status."""
        return self.pod.get("status", {}).get("phase") in ("Succeeded", "Failed")

    @property
    def grace(self) -> float:
        asked = self.pod["metadata"].get("deletionGracePeriodSeconds")
        own = self.pod["spec"].get("terminationGracePeriodSeconds", DEFAULT_GRACE_SECONDS)
        return float(own if asked is None else asked)

    def step(self, now: float) -> float:
        """Move on without blocking; returns when to come again (POSIX seconds)."""
        if "deletionTimestamp" in self.pod["metadata"]:
            return self._delete(now)
        if self.finished:
            return now + NEVER_WAKES
        foreign = [
            container["image"]
            for container in with_sidecars(self.pod["spec"])
            if not images.stands_in(container["image"])
        ]
        if foreign:
            message = f"nothing on this machine stands in for {', '.join(sorted(set(foreign)))}: not run"
            self._tell("Pending", reason="NotOnThisMachine", message=message)
            return now + NEVER_WAKES
        return self._run(now)

    def _run(self, now: float) -> float:
        if self._waits_for_its_name():
            self._tell("Pending", reason="ServiceNotFound", message=self._waits)
            return now + NEVER_WAKES
        if not self.address:
            try:
                self._give_address()
            except NoAddress as none:
                self._tell("Pending", reason="NoAddress", message=str(none))
                return now + 5.0
        due = self._mount_in_time(now)
        for container in self._init:
            due = min(due, container.step(now))
            if container.exit_code != 0:
                failed = container.over
                self._tell("Failed" if failed else "Pending")
                return due
        due = min([due, *(container.step(now) for container in (*self._beside, *self._main))])
        if all(container.over for container in self._main):
            if self._beside:
                ended, later = self._stop(now, self.grace, only_beside=True)
                if not ended:
                    self._tell("Running")
                    return later
            self._tell("Succeeded" if all(container.exit_code == 0 for container in self._main) else "Failed")
        else:
            begun = any(container.state is not None for container in self._main)
            self._tell("Running" if begun else "Pending")
        return due

    def _mount_in_time(self, now: float) -> float:
        """Renew a running pod's tokens before they end, also those that an earlier agent got."""
        if now >= self._mount_again and any(one.running for one in (*self._beside, *self._main)):
            self._mount_again = now + _RETRY_SECONDS
            with contextlib.suppress(NotReady):  # what went since it started is not missed
                self._mount(now)
        return max(self._mount_again, now + _RETRY_SECONDS)

    def _waits_for_its_name(self) -> bool:
        """A pod of a headless Service has no name before the Service exists, and its words may hold one."""
        service = self.pod["spec"].get("subdomain")
        namespace = self.pod["metadata"]["namespace"]
        if not service or self._cluster.get("Service", service, namespace) is not None:
            return False
        self._waits = f'service "{service}", which gives the pod its DNS name, does not exist yet'
        return True

    def _give_address(self) -> None:
        self.address = self._addresses.of(address_key(self._cluster.name, self.pod))
        for container in (*self._init, *self._beside, *self._main):
            container.address = self.address

    def _stop(self, now: float, grace: float, *, only_beside: bool = False) -> tuple[bool, float]:
        # Sidecars are told last, as by the kubelet: what the others still do may need them.
        due = now + NEVER_WAKES
        for together in ((), self._beside) if only_beside else ((*self._init, *self._main), self._beside):
            ended = True
            for container in together:
                container.begin_stop(now)
                gone, later = container.step_stop(now, grace)
                ended, due = ended and gone, min(due, later)
            if not ended:
                return False, due
        return True, due

    def stop_now(self, now: float, grace: float) -> tuple[bool, float]:
        """The machine goes down: end the processes within ``grace`` seconds, whatever the pod asks for."""
        return self._stop(now, min(self.grace, grace))

    def _delete(self, now: float) -> float:
        ended, due = self._stop(now, self.grace)
        if not ended:
            self._tell(self.pod.get("status", {}).get("phase", "Running"), reason="Terminating")
            return due
        if not self.finished:
            # A Job counts a pod by how it ended, also one that was deleted.
            succeeded = all(container.exit_code == 0 for container in self._main)
            self._tell("Succeeded" if succeeded else "Failed")
        self._cluster.pod_has_ended(self.pod)
        self._forget()
        return now + NEVER_WAKES

    gone = False
    """Whether nothing is left of it on this machine."""

    def remove(self, now: float) -> float:
        """End what runs of a pod that the cluster does not have any more."""
        ended, due = self._stop(now, 0.0)
        if ended:
            self._forget()
        return due

    def _forget(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        key = address_key(self._cluster.name, self.pod)
        if "/pod-" in key:
            self._addresses.free(key)
        self.gone = True

    def _tell(self, phase: str, *, reason: str = "", message: str = "") -> None:
        ready = (
            phase == "Running"
            and not reason
            and all(container.ready for container in (*self._beside, *self._main))
        )
        old = {condition["type"]: condition for condition in self.pod.get("status", {}).get("conditions", ())}
        initialized = all(container.exit_code == 0 for container in self._init)
        conditions = []
        for kind, holds in (
            ("PodScheduled", True),
            ("Initialized", initialized),
            ("ContainersReady", ready),
            ("Ready", ready),
        ):
            word = "True" if holds else "False"
            before = old.get(kind)
            since = before["lastTransitionTime"] if before and before["status"] == word else clock.stamp()
            conditions.append({"type": kind, "status": word, "lastTransitionTime": since})
        status: dict[str, Any] = {
            "phase": phase,
            "hostIP": "127.0.0.1",
            "startTime": self._started_at,
            "conditions": conditions,
            "containerStatuses": [container.status() for container in (*self._beside, *self._main)],
        }
        if self._init:
            status["initContainerStatuses"] = [container.status() for container in self._init]
        if self.address:
            status["podIP"] = self.address
        if reason:
            status["reason"] = reason
        if message:
            status["message"] = message
        if status != self.pod.get("status"):
            self._cluster.set_status(self.pod, status)
            self.pod = {**self.pod, "status": status}
