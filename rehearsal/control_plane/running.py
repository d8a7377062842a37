"""Control planes started, all at once, and ended; they outlive the command that started them."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from threading import Event
from typing import Final

from filelock import FileLock

from rehearsal import ports
from rehearsal.control_plane import commands, pin
from rehearsal.control_plane.api import Api
from rehearsal.control_plane.errors import ApiRefused, ControlPlaneError
from rehearsal.control_plane.layout import SERVERS, ControlPlane
from rehearsal.control_plane.provide import Binaries
from rehearsal.engine.files import write_text
from rehearsal.programs.endings import end

_START_SECONDS: Final = 120.0
_STOP_SECONDS: Final = 5.0
# An API server would wait a minute for whoever watches; what it was told is in etcd.
_GRACE_SECONDS: Final = 0.5
_LOOK_SECONDS: Final = 0.05
_LAST_LINES: Final = 3


def url(plane: ControlPlane) -> str:
    """Where its API server listens, or would: the port is drawn once. Raises ControlPlaneError."""
    port = _kept_port(plane)
    if port is None:
        raise ControlPlaneError(f"The control plane of {plane.site} was never started in {plane.folder}.")
    return f"https://127.0.0.1:{port}"


def start(planes: Sequence[ControlPlane], binaries: Binaries) -> None:
    """Have all of them ready; what runs already is left alone.

    Raises ControlPlaneError when one does not come up; then none of those that were started here is left.
    """
    with contextlib.ExitStack() as locks:
        for plane in planes:
            plane.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            locks.enter_context(FileLock(plane.folder.with_name(f".{plane.folder.name}.lock")))
        stopping = Event()
        starts = [_Start(plane, binaries, stopping) for plane in planes if not _runs(plane)]
        try:
            with ThreadPoolExecutor(max(len(starts), 1)) as pool:
                try:
                    for done in as_completed([pool.submit(one.run) for one in starts]):
                        done.result()
                except BaseException:
                    stopping.set()
                    raise
        except BaseException:
            for one in starts:
                _end(one.plane)
            raise


def stop(planes: Sequence[ControlPlane]) -> None:
    """End every process of them, also of a start that was killed. Data and logs stay (``clear``)."""
    for plane in planes:
        if plane.folder.is_dir():
            with FileLock(plane.folder.with_name(f".{plane.folder.name}.lock")):
                _end(plane)


@dataclass
class _Start:
    """One control plane on its way up."""

    plane: ControlPlane
    binaries: Binaries
    stopping: Event
    """Set when another one has failed, or the user has stopped all of it."""
    _started: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def run(self) -> None:
        """Start its programs, each when those before it answer. Raises ControlPlaneError."""
        _end(self.plane)  # what a killed start left, or one whose half was killed
        commands.prepare(self.plane, f"https://127.0.0.1:{self._port()}")
        deadline = time.monotonic() + _START_SECONDS
        # An API server that finds no etcd asks again only a second later, and the last two end where no API
        # server answers within ten.
        for names, answers in (
            ((pin.ETCD,), (self.plane.folder / commands.SOCKET).is_socket),
            ((pin.API_SERVER,), lambda: _is_ready(self.plane)),
            ((pin.CONTROLLER_MANAGER, pin.SCHEDULER), lambda: _has_its_controllers(self.plane)),
        ):
            for name in names:
                self._launch(name)
            while not answers():
                self._look(names[0], deadline)

    def _look(self, awaited: str, deadline: float) -> None:
        """Wait a moment, unless there is nothing to wait for any more."""
        whose = f"of {self.plane.site}'s control plane"
        for name, process in self._started.items():
            if process.poll() is not None:
                raise ControlPlaneError(f"{name} {whose} ended as it started, {self._last_words(name)}")
        if self.stopping.wait(_LOOK_SECONDS):
            raise ControlPlaneError(f"{awaited} {whose} was stopped as it started.")
        if time.monotonic() > deadline:
            told = f"{awaited} {whose} does not answer after {_START_SECONDS:.0f} s"
            raise ControlPlaneError(f"{told}, {self._last_words(awaited)}")

    def _port(self) -> int:
        kept = _kept_port(self.plane)
        taken = kept is not None and not _is_free_soon(kept)
        if taken and self.plane.held.exists():
            raise ControlPlaneError(
                f"Port {kept}, of the API server of {self.plane.site}, was taken by another program: "
                "end that, or let the estate go by `isthmus down --force` and bring it up anew."
            )
        if kept is None or taken:
            kept = ports.free_ports(1)
            write_text(self.plane.folder / "port", str(kept))
        return kept

    def _launch(self, name: str) -> None:
        port = int(url(self.plane).rpartition(":")[2])
        log = self.plane.log(name)
        log.parent.mkdir(exist_ok=True)
        with log.open("wb") as output:
            self._started[name] = subprocess.Popen(
                [self.binaries.folder / name, *commands.arguments(self.plane, name, port)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                cwd=self.plane.folder,
            )

    def _last_words(self, name: str) -> str:
        log = self.plane.log(name)
        lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
        said = " | ".join(lines[-_LAST_LINES:]) or "without a word"
        return f"and its log {log} ends so: {said}"


def _kept_port(plane: ControlPlane) -> int | None:
    file = plane.folder / "port"
    return int(file.read_text()) if file.exists() else None


def _is_free_soon(port: int) -> bool:
    """Whether nobody listens on it: a server that was killed does until the last of its threads is gone."""
    deadline = time.monotonic() + _STOP_SECONDS
    while not (free := ports.is_free(port)) and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)
    return free


def _is_ready(plane: ControlPlane) -> bool:
    with Api(plane, url(plane)) as api:
        return api.ready()


def _has_its_controllers(plane: ControlPlane) -> bool:
    with Api(plane, url(plane)) as api, contextlib.suppress(ApiRefused, ControlPlaneError):
        # Made by a controller; no pod is admitted without it.
        return api.get("v1", "ServiceAccount", "default", "default") is not None
    return False


def _runs(plane: ControlPlane) -> bool:
    if plane.processes().keys() < set(SERVERS):
        return False
    return _is_ready(plane)


def _end(plane: ControlPlane) -> None:
    """From the last program to the first, so that none of them misses another."""
    found = plane.processes()
    for names, seconds in ((SERVERS[1:], _GRACE_SECONDS), (SERVERS[:1], _STOP_SECONDS)):
        end((found[name] for name in names if name in found), seconds)
