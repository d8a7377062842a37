"""One container of one pod: started, probed, started again with back-off, ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rehearsal.cluster import backoff, clock
from rehearsal.cluster.environment import Launch
from rehearsal.cluster.images import CannotRun, Programs
from rehearsal.cluster.probes import Prober, Target, ask
from rehearsal.cluster.processes import Run
from rehearsal.cluster.volumes import NotReady

NEVER_WAKES = 3600.0
_RETRY_SECONDS = 2.0


@dataclass(frozen=True)
class Tools:
    """What a container needs of its agent."""

    pool: ThreadPoolExecutor
    wake: Callable[[], None]
    pipe: Path
    programs: Programs


@dataclass
class Container:
    """The life of one container. ``step`` moves it on; it never blocks."""

    spec: dict[str, Any]
    run: Run
    log: Path
    address: str
    restart_policy: str
    tools: Tools
    launch: Callable[[], Launch]
    waiting: tuple[str, str] = ("ContainerCreating", "")
    """Why it does not run: the kubelet's reason and a message."""
    state: dict[str, Any] | None = None
    ready: bool = False
    _failures: int = 0
    """How often in a row it has ended since it last ran for long."""
    _counted: int = -1
    _probers: dict[str, Prober] = field(default_factory=dict)
    _probed: int = -1
    _end_reason: str = ""
    _stopping: float | None = None
    _hook: Future[str] | None = None
    _asked_to_end: bool = False

    @property
    def name(self) -> str:
        return str(self.spec["name"])

    @property
    def restarts(self) -> int:
        return max(self.run.ordered() or 0, 0)

    @property
    def running(self) -> bool:
        return self.state is not None and "exitCode" not in self.state

    @property
    def exit_code(self) -> int | None:
        return None if self.state is None else self.state.get("exitCode")

    @property
    def over(self) -> bool:
        """Whether it has ended and is not to be started again."""
        code = self.exit_code
        if code is None or self.restart_policy == "Always":
            return False
        return self.restart_policy == "Never" or code == 0

    @property
    def started(self) -> bool:
        probe = self._probers.get("startupProbe")
        return self.running and (probe is None or probe.passed is True)

    def step(self, now: float) -> float:
        """Start what is to run and probe what runs; returns when to come again (POSIX seconds)."""
        self.state = self.run.state() if self.run.ordered() is not None else None
        if self.run.ordered() is None:
            return self._start(0, now)
        if self.state is None:
            return now + 0.5  # ordered; the shim wakes nobody when it begins
        if self.running:
            return self._probe(now)
        self.ready = False
        self._count_end()
        if self.over:
            return now + NEVER_WAKES
        due = float(self.state["finished"]) + backoff.container_delay(self._failures)
        if now < due:
            self.waiting = ("CrashLoopBackOff", f"back-off {due - self.state['finished']:g}s restarting it")
            return due
        return self._start(self.state["attempt"] + 1, now)

    def begin_stop(self, now: float) -> None:
        """Run its preStop hook, then send SIGTERM."""
        if self._stopping is None:
            self._stopping = now
            hook = self.spec.get("lifecycle", {}).get("preStop")
            if hook and self.running:
                self._hook = self.tools.pool.submit(self._run_hook, hook)
                self._hook.add_done_callback(lambda _: self.tools.wake())

    def step_stop(self, now: float, grace: float) -> tuple[bool, float]:
        """Whether nothing of it runs any more, and when to come again. Killed after ``grace`` seconds."""
        self.ready = False
        self.state = self.run.state() if self.run.ordered() is not None else None
        if self.run.ordered() is None or self.exit_code is not None:
            self._count_end()
            return True, now + NEVER_WAKES
        stopping = now if self._stopping is None else self._stopping
        if now >= stopping + grace:
            self.run.kill()
            return False, now + 0.2
        if self._hook is None or self._hook.done():
            if not self._asked_to_end and self.state is not None:
                self._asked_to_end = True
                self.run.terminate()
            if self.state is None:
                return False, now + 0.05
        return False, stopping + grace

    def status(self) -> dict[str, Any]:
        """The container's entry in a pod's ``containerStatuses``."""
        status: dict[str, Any] = {
            "name": self.name,
            "image": self.spec["image"],
            "ready": self.ready,
            "started": self.started,
            "restartCount": self.restarts,
        }
        if self.running and self.state:
            status["state"] = {"running": {"startedAt": clock.stamp(self.state["started"])}}
        elif self.over or (self._stopping is not None and self.exit_code is not None):
            status["state"] = {"terminated": self._terminated()}
        else:
            reason, message = self.waiting
            status["state"] = {"waiting": {"reason": reason, **({"message": message} if message else {})}}
            if self.exit_code is not None:
                status["lastState"] = {"terminated": self._terminated()}
        return status

    def _terminated(self) -> dict[str, Any]:
        state = self.state or {}
        code = state.get("exitCode", 0)
        return {
            "exitCode": code,
            "reason": self._end_reason or ("Completed" if code == 0 else "Error"),
            "startedAt": clock.stamp(state.get("started", 0)),
            "finishedAt": clock.stamp(state.get("finished", 0)),
        }

    def _start(self, attempt: int, now: float) -> float:
        try:
            launch = self.launch()
        except NotReady as missing:
            self.waiting = (missing.reason, str(missing))
            return now + _RETRY_SECONDS
        except CannotRun as reason:
            self.waiting = ("NotOnThisMachine", str(reason))
            return now + NEVER_WAKES
        self._end_reason = ""
        self.waiting = ("ContainerCreating", "")
        self.run.start(launch.argv, launch.env, launch.cwd, self.log, self.tools.pipe, attempt)
        self.state = None
        return now + 0.1

    def _count_end(self) -> None:
        state = self.state or {}
        if "exitCode" not in state or state["attempt"] == self._counted:
            return
        self._counted = state["attempt"]
        lasted = state["finished"] - state["started"]
        self._failures = 1 if lasted >= backoff.FORGET_SECONDS else self._failures + 1

    def _probe(self, now: float) -> float:
        state = self.state or {}
        if self._probed != state["attempt"]:
            self._probed = state["attempt"]
            target = self._target()
            self._probers = {
                kind: Prober(
                    self.spec[kind],
                    target,
                    state["started"],
                    self.tools.pool,
                    self.tools.wake,
                    eager=kind != "livenessProbe",
                )
                for kind in ("startupProbe", "livenessProbe", "readinessProbe")
                if self.spec.get(kind)
            }
        startup = self._probers.get("startupProbe")
        due = [now + NEVER_WAKES]
        if startup is not None and not startup.passed:
            due.append(startup.step(now))
            if startup.passed is False:
                self._restart(f"startup probe failed: {startup.message}")
            if not startup.passed:
                self.ready = False
                return min(due)
        readiness, liveness = self._probers.get("readinessProbe"), self._probers.get("livenessProbe")
        if liveness is not None:
            due.append(liveness.step(now))
            if liveness.passed is False:
                self._restart(f"liveness probe failed: {liveness.message}")
        if readiness is not None:
            due.append(readiness.step(now))
        self.ready = readiness is None or readiness.passed is True
        return min(due)

    def _restart(self, why: str) -> None:
        if not self._end_reason:
            self._end_reason = "Unhealthy"
            self.waiting = ("Unhealthy", why)
            self.run.terminate()
            self.tools.pool.submit(self._kill_late, self._probed)

    def _kill_late(self, attempt: int) -> None:
        grace = 5.0
        deadline = time.time() + grace
        while time.time() < deadline:
            state = self.run.state()
            if state is None or state["attempt"] != attempt or "exitCode" in state:
                return
            time.sleep(0.1)
        self.run.kill()

    def _run_hook(self, hook: dict[str, Any]) -> str:
        if "sleep" in hook:
            until = time.time() + float(hook["sleep"]["seconds"])
            while time.time() < until and self.exit_code is None:
                time.sleep(min(0.2, max(until - time.time(), 0.0)))
            return ""
        return ask({**hook, "timeoutSeconds": 3600}, self._target())

    def _target(self) -> Target:
        return Target(self.spec, self.address, self.run.order(), self.tools.programs)
