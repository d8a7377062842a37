"""Start and stop the services of one rehearsal: one detached parent with its children, outliving the command.

They end without a trace by ``stop``, and by themselves when their record is gone with the rehearsal's folder.
What the cloud holds lies in databases, so services which were ended or killed go on where they were.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import psutil
from filelock import FileLock

from isthmus.atomic_files import atomic_write
from rehearsal.home import VARIABLE, Home
from rehearsal.openstack_services import configuration, environment, fresh_cloud
from rehearsal.openstack_services.environment import ServicesError
from rehearsal.openstack_services.layout import (
    ADMIN,
    CATALOGUE,
    DOMAIN,
    LISTENERS,
    PASSWORD,
    PROJECT,
    USER,
    Layout,
    folder_of,
)
from rehearsal.ports import free_ports, is_free
from rehearsal.programs.endings import end_family
from rehearsal.programs.progress import Progress
from rehearsal.programs.recorded_process import recorded_process

START_SECONDS: Final = 180
"""Far more than they need, for a machine that does much else."""
STOP_SECONDS: Final = 10
AUTH: Final = "keystone"
STORE: Final = "swift"
_SETTINGS: Final = {AUTH: "openstack.auth_url", STORE: "openstack.object_store_url"}
_SPECIFICATION: Final = "parent.json"
_POLL_SECONDS: Final = 0.2
_PROBE_SECONDS: Final = 10
_HEALTH: Final = {"swift": "/healthcheck", "keystone": "/v3", "magnum": "/v1"}
_SERVER_ERROR: Final = 500
_LOG_BYTES: Final = 4000
_http: Final = httpx.Client(trust_env=False, timeout=60, limits=httpx.Limits(max_keepalive_connections=0))
"""Past any proxy that the environment names: this goes to loopback. Each request by a connection of its own:
a kept one may be ended by the service in the moment that it is used (seen once, of Keystone)."""


@dataclass(frozen=True)
class Cloud:
    """A running private cloud. ``credentials`` name the estate's user, a plain member of its project."""

    auth_url: str
    store_url: str
    """Swift, by its S3 door as by its own."""
    region: str
    pid: int

    @property
    def credentials(self) -> Mapping[str, str]:
        return _password(USER, PROJECT)

    @property
    def administrator(self) -> Mapping[str, str]:
        return _password(ADMIN, ADMIN)


def prepare(progress: Progress | None = None) -> Path:
    """Have in the user's cache what a first start takes its time for; the archive of a fresh cloud.

    Raises ServicesError.
    """
    with progress or Progress() as shown:
        return fresh_cloud.ensure(environment.ensure(shown), shown)


def prepared() -> bool:
    """Whether the user's cache has it all."""
    return environment.place().is_dir() and fresh_cloud.kept().is_file()


def start(
    home: Home,
    *,
    auth_port: int | None = None,
    store_port: int | None = None,
    region: str = "RegionOne",
    progress: Progress | None = None,
    begun: Callable[[], object] = lambda: None,
    fill: Callable[[Cloud], object] = lambda _: None,
) -> Cloud:
    """The services of this rehearsal, installed and started unless they run.

    Args:
        home: of the rehearsal.
        auth_port: where Keystone listens; where it is None, as at the last start, at first any free port.
        store_port: where Swift does, for its own API as for S3's; so too.
        region: the one region of the cloud.
        progress: where it is shown how far the work has got.
        begun: is called once whoever else asks for the services waits for these.
        fill: puts in what has to be there before anybody else gets to them.

    Raises ServicesError: they cannot be installed, or did not come up.
    """
    layout = folder_of(home)
    layout.folder.mkdir(parents=True, exist_ok=True)
    wished = {name: port for name, port in ((AUTH, auth_port), (STORE, store_port)) if port is not None}
    with _locked(layout):
        wished = {**_last(layout), **wished}
        begun()
        cloud = _have(home, layout, wished, region, progress or Progress())
        fill(cloud)
        return cloud


def _last(layout: Layout) -> dict[str, int]:
    """Where the services of this rehearsal listened, which its settings know."""
    try:
        ports = json.loads((layout.etc / _SPECIFICATION).read_text())["ports"]
    except FileNotFoundError:
        return {}
    return {name: ports[name] for name in (AUTH, STORE)}


def _have(home: Home, layout: Layout, wished: Mapping[str, int], region: str, progress: Progress) -> Cloud:
    if (cloud := running(home)) is not None:
        here = {AUTH: _port(cloud.auth_url), STORE: _port(cloud.store_url)}
        if cloud.region == region and wished.items() <= here.items():
            return cloud
    _end(layout)
    with progress as shown:
        return _start(home, layout, wished, region, shown)


def running(home: Home) -> Cloud | None:
    """The services that run, None where none do, or not all of them.

    Where one was killed the parent ends the others, and is there itself for most of a second more.
    """
    record = _record(folder_of(home))
    if record is None or recorded_process(record) is None:
        return None
    if not all(_listens(record["ports"][name]) for name in CATALOGUE):
        return None
    return Cloud(record["auth_url"], record["store_url"], record["region"], record["pid"])


def stop(home: Home) -> bool:
    """End the services, if there are any; says whether there were. What the cloud holds stays."""
    layout = folder_of(home)
    if not layout.folder.exists():
        return False
    with _locked(layout):
        return _end(layout)


def _start(home: Home, layout: Layout, wished: Mapping[str, int], region: str, progress: Progress) -> Cloud:
    python = environment.ensure(progress)
    archive = fresh_cloud.ensure(python, progress)
    first = free_ports(len(LISTENERS))
    ports = {name: first + number for number, name in enumerate(LISTENERS)}
    for name, port in wished.items():
        if not _becomes_free(port):
            raise ServicesError(
                f"127.0.0.1:{port}, where {name.title()} is to listen, is taken by another program: "
                f"end it, or name another port in {_SETTINGS[name]}."
            )
        ports[name] = port
    fresh_cloud.place(archive, layout, ports, region)
    configuration.write(layout, ports, python)
    layout.log.mkdir(exist_ok=True)
    progress.phase("Starting the OpenStack services")
    specification = layout.etc / _SPECIFICATION
    atomic_write(
        specification,
        json.dumps(
            {
                "etc": str(layout.etc),
                "log": str(layout.log),
                "environment": str(python),
                "drivers": str(layout.etc / "drivers"),
                "ports": ports,
                "record": str(layout.record),
            }
        ).encode(),
    )
    # Before there is a process: it ends where there is no record.
    atomic_write(layout.record, b"{}")
    with (layout.log / "parent.log").open("ab") as log:
        parent = subprocess.Popen(
            [str(python / "bin" / "python"), "-P", str(fresh_cloud.INSIDE / "parent.py"), str(specification)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd=layout.folder,
            env={
                **environment.variables(),
                VARIABLE: str(home.root),
                # Not PYTHONPATH alone: -P keeps the script's own folder out.
                "PYTHONPATH": str(fresh_cloud.INSIDE),
            },
        )
    auth_url, store_url = (
        f"http://127.0.0.1:{ports[AUTH]}/v3",
        f"http://127.0.0.1:{ports[STORE]}",
    )
    record = {
        "pid": parent.pid,
        "started": psutil.Process(parent.pid).create_time(),
        "auth_url": auth_url,
        "store_url": store_url,
        "region": region,
        "ports": ports,
    }
    atomic_write(layout.record, json.dumps(record, indent=1).encode())
    try:
        _wait(layout, parent, ports, progress)
        _warm(auth_url, ports)
    except httpx.HTTPError as error:
        _end(layout)
        said = _last_words(layout, list(CATALOGUE))
        raise ServicesError(f"The OpenStack services came up and did not answer: {error}. {said}") from error
    except BaseException:
        _end(layout)
        raise
    return Cloud(auth_url, store_url, region, parent.pid)


def _becomes_free(port: int) -> bool:
    """Whether nobody listens there, once services whose parent was lost have seen that and ended."""
    end = time.monotonic() + STOP_SECONDS
    while not is_free(port):
        if time.monotonic() > end:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def _wait(
    layout: Layout, parent: subprocess.Popen[bytes], ports: Mapping[str, int], progress: Progress
) -> None:
    """Until every service answers."""
    waiting = list(CATALOGUE)
    end = time.monotonic() + START_SECONDS
    while waiting:
        if parent.poll() is not None or time.monotonic() > end:
            why = "ended" if parent.poll() is not None else f"did not answer within {START_SECONDS} s"
            raise ServicesError(
                f"The OpenStack services did not come up: {', '.join(waiting)} {why}. "
                + _last_words(layout, waiting)
            )
        waiting = [name for name in waiting if not _answers(ports[name], _HEALTH.get(name, "/"))]
        progress.at(f"{len(CATALOGUE) - len(waiting)} of {len(CATALOGUE)} answer")
        time.sleep(_POLL_SECONDS)


def _listens(port: int) -> bool:
    """Whether a connection is taken, at once, also by a service that is busy."""
    try:
        socket.create_connection(("127.0.0.1", port), _PROBE_SECONDS).close()
    except OSError:
        return False
    return True


def _answers(port: int, path: str) -> bool:
    try:
        return _http.get(f"http://127.0.0.1:{port}{path}", timeout=_PROBE_SECONDS).status_code < _SERVER_ERROR
    except httpx.HTTPError:
        return False


def _last_words(layout: Layout, names: list[str]) -> str:
    """The last line that one of these services wrote, and where the rest is."""
    for name in [*names, "parent"]:
        log = layout.log / f"{name}.log"
        if log.exists() and (said := log.read_bytes()[-_LOG_BYTES:].decode(errors="replace").strip()):
            last = said.rpartition("\n")[2]
            return f"{name} said last: {last} ({log})"
    return f"Their logs are in {layout.log}."


def _warm(auth_url: str, ports: Mapping[str, int]) -> None:
    """One token and one question to each service, one after the other.

    Keystone refuses to validate tokens (403) for services that come to it side by side at first.
    """
    answer = _http.post(f"{auth_url}/auth/tokens", json={"auth": scoped(_password(USER, PROJECT))})
    answer.raise_for_status()
    token = {"X-Auth-Token": answer.headers["X-Subject-Token"]}
    questions = {
        "neutron": "/v2.0/networks",
        "nova": "/v2.1/flavors",
        "glance": "/v2/images",
        "barbican": "/v1/secrets",
        "magnum": "/v1/clusters",
    }
    for name, path in questions.items():
        _http.get(f"http://127.0.0.1:{ports[name]}{path}", headers=token).raise_for_status()


def scoped(credentials: Mapping[str, str]) -> dict[str, Any]:
    """Keystone's body of an authentication by password, for one project."""
    domain = {"name": credentials["user_domain_name"]}
    user = {"name": credentials["username"], "domain": domain, "password": credentials["password"]}
    return {
        "identity": {"methods": ["password"], "password": {"user": user}},
        "scope": {"project": {"name": credentials["project_name"], "domain": domain}},
    }


def _password(user: str, project: str) -> dict[str, str]:
    return {
        "username": user,
        "password": PASSWORD,
        "project_name": project,
        "user_domain_name": DOMAIN,
        "project_domain_name": DOMAIN,
    }


def _end(layout: Layout) -> bool:
    record = _record(layout)
    # Also where a start was killed before it had written which process it began.
    parent = record["pid"] if record is not None else None
    found = end_family(lambda: _family(layout, parent), STOP_SECONDS)
    layout.record.unlink(missing_ok=True)
    return found


def _family(layout: Layout, parent: int | None) -> Iterator[psutil.Process]:
    """The processes that the parent forked, itself among them, also where it is gone.

    They have its command line, or are of its session: Swift's begin their own, and a title that a service
    gives itself covers either the command line or the environment.
    """
    specification = str(layout.etc / _SPECIFICATION)
    for process in psutil.process_iter():
        try:
            if specification in process.cmdline() or (
                process.environ().get(VARIABLE) == str(layout.folder.parents[1])
                and os.getsid(process.pid) == parent
            ):
                yield process
        except (psutil.Error, ProcessLookupError):
            continue


def _record(layout: Layout) -> dict[str, Any] | None:
    try:
        record = json.loads(layout.record.read_text())
    except (OSError, ValueError):
        return None
    return (
        record
        if isinstance(record, dict)
        and record.keys() >= {"pid", "started", "auth_url", "store_url", "region", "ports"}
        else None
    )


def _port(url: str) -> int | None:
    return httpx.URL(url).port


@contextmanager
def _locked(layout: Layout) -> Iterator[None]:
    with FileLock(layout.folder / "services.lock", timeout=4 * START_SECONDS):
        yield


__all__ = ["Cloud", "ServicesError", "folder_of", "running", "scoped", "start", "stop"]
