"""Fixtures for tests that run the real engine: a rehearsal of their own, in a temporary folder.

``engine_binary``  the engine of this machine (found, downloaded or built once)
``home``           a ``Home`` with that engine and the stand-in plugins; what it started ends with the test
``project``        a project folder: the repository's code by links, stack files of its own, free ports
``tiny``           makes a project of one program, with no providers
"""

from __future__ import annotations

import os
import random
import re
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from rehearsal.engine.command import Engine
from rehearsal.engine.plugins import install_plugins
from rehearsal.engine.provide import EngineBinary, provide
from rehearsal.home import VARIABLE, Home

ROOT = Path(__file__).parents[2]
_LINKED = (".venv", "infra", "training", "serving", "rehearsal", "data", "pyproject.toml")


@pytest.fixture(scope="session")
def engine_binary(tmp_path_factory: pytest.TempPathFactory) -> EngineBinary:
    return provide(Home(tmp_path_factory.mktemp("engine") / "home"))


@pytest.fixture
def home(tmp_path: Path, engine_binary: EngineBinary, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    home = Home(tmp_path / "home")
    monkeypatch.setenv(VARIABLE, str(home.root))
    provide(home)
    install_plugins(home)
    yield home
    for process in processes_of(home):
        process.kill()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    shutil.copy(ROOT / "Pulumi.yaml", folder)
    shutil.copytree(ROOT / "stacks", folder / "stacks")
    for name in _LINKED:
        if (ROOT / name).exists():
            (folder / name).symlink_to(ROOT / name)
    local = folder / "stacks" / "Pulumi.local.yaml"
    local.write_text(_with_free_ports(local.read_text()))
    return folder


@pytest.fixture
def engine(home: Home, project: Path) -> Engine:
    return Engine(home, project)


@pytest.fixture
def tiny(tmp_path: Path) -> Callable[[str], Path]:
    def make(program: str, stack_file: str = "config: {}\n") -> Path:
        folder = tmp_path / "tiny"
        (folder / "infra").mkdir(parents=True, exist_ok=True)
        (folder / "stacks").mkdir(exist_ok=True)
        if not (folder / ".venv").exists():
            (folder / ".venv").symlink_to(ROOT / ".venv")
        settings = (ROOT / "Pulumi.yaml").read_text()
        (folder / "Pulumi.yaml").write_text(re.sub(r"^name: .*$", "name: tiny", settings, flags=re.MULTILINE))
        (folder / "infra" / "__main__.py").write_text(program)
        (folder / "stacks" / "Pulumi.one.yaml").write_text(stack_file)
        return folder

    return make


def processes_of(home: Home) -> list[psutil.Process]:
    """Every living process that was started in a rehearsal, this one excepted."""
    found = []
    for process in psutil.process_iter():
        try:
            ours = process.environ().get(VARIABLE) == str(home.root)
            if ours and process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def _with_free_ports(text: str) -> str:
    """The stack file with every loopback port, and the workers' base port, replaced by free ones."""
    for port in sorted(set(re.findall(r"127\.0\.0\.1:(\d+)", text))):
        text = text.replace(f"127.0.0.1:{port}", f"127.0.0.1:{_free_ports(1)}")
    return re.sub(r"base_port: \d+", f"base_port: {_free_ports(8)}", text)


def _free_ports(count: int) -> int:
    """The first of ``count`` ports in a row that nobody listens on, below those given out by the kernel."""
    for _ in range(200):
        first = random.randrange(20_000, 30_000)  # noqa: S311 - no secret
        if all(_is_free(port) for port in range(first, first + count)):
            return first
    raise RuntimeError("no free ports between 20000 and 30000")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True
