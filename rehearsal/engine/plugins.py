"""The stand-in plugins, put where the engine of a rehearsal looks for them."""

from __future__ import annotations

import shlex
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from rehearsal.engine.errors import EngineError
from rehearsal.engine.files import write_executable, write_text
from rehearsal.home import Home

# Plugin -> the package of PyPI whose version the program will ask the engine for.
PACKAGES: Final = {"aws": "pulumi-aws", "kubernetes": "pulumi-kubernetes", "openstack": "pulumi-openstack"}
MODULES: Final = {
    "aws": "rehearsal.plugins.aws",
    "kubernetes": "rehearsal.kubernetes_plugin",
    "openstack": "rehearsal.plugins.openstack",
}
"""Plugin -> the module that serves it."""


def install_plugins(home: Home) -> list[str]:
    """Install what is missing or stale; the names with versions of all of them, ``aws 7.51.1``.

    A second call reads three small files. Raises EngineError where an SDK is missing.
    """
    return [f"{name} {_install(home, name, package)}" for name, package in PACKAGES.items()]


def missing(home: Home) -> list[str]:
    """The plugins that ``install_plugins`` would write."""
    return [name for name, package in PACKAGES.items() if not _is_current(home, name, _version(package))]


def _install(home: Home, name: str, package: str) -> str:
    wanted = _version(package)
    if not _is_current(home, name, wanted):
        write_executable(_executable(home, name, wanted), _script(name))
    # The engine marks a plugin that it is still downloading by a file of this name.
    folder = _folder(home, name, wanted)
    folder.with_name(f"{folder.name}.partial").unlink(missing_ok=True)
    lock = folder.with_name(f"{folder.name}.lock")
    if not lock.exists():
        write_text(lock, "")
    return wanted


def _is_current(home: Home, name: str, wanted: str) -> bool:
    try:
        return _executable(home, name, wanted).read_text() == _script(name)
    except OSError:
        return False


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        raise EngineError(f"{package} is not installed in {sys.prefix}: run `make setup`.") from None


def _folder(home: Home, name: str, wanted: str) -> Path:
    return home.pulumi_home / "plugins" / f"resource-{name}-v{wanted}"


def _executable(home: Home, name: str, wanted: str) -> Path:
    return _folder(home, name, wanted) / f"pulumi-resource-{name}"


def _script(name: str) -> str:
    # -P: the engine starts plugins in the program's folder, whose modules must not shadow ours.
    return f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -P -m {MODULES[name]} "$@"\n'
