"""Fixtures for tests that run the real engine: a rehearsal of their own, in a temporary folder.

``estate``         an estate for a file of tests, not yet up: each test finds it as the one before left it
``binaries``       the programs of a control plane, from this machine's cache
``engine_binary``  the engine of this machine (found, downloaded or built once)
``private_site``   a ``Home`` whose OpenStack services tests of a process share; ``filled`` has them run
``in_private_site``  lets ``home`` have these
``home``           a ``Home`` with that engine and the stand-in plugins; what it started ends with the test
``project``        a project folder: the repository's code by links, stack files of its own, free ports
``without_control_planes``  clusters of a cloud that come and go without one
``tiny``           makes a project of one program, with no providers
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rehearsal import sandbox
from rehearsal.control_plane import clusters
from rehearsal.control_plane.provide import Binaries, cached
from rehearsal.engine.command import Engine
from rehearsal.engine.plugins import install_plugins
from rehearsal.engine.provide import EngineBinary, provide
from rehearsal.estate import Estate
from rehearsal.home import VARIABLE, Home
from rehearsal.openstack_services import services
from rehearsal.openstack_services.declared import Declared, put
from rehearsal.openstack_services.services import Cloud
from rehearsal.openstack_services.session import Session

ROOT = Path(__file__).parents[2]
IMAGE = "ubuntu-noble-kube-v1.36.3"
FLAVORS = ("m1.medium", "m1.large", "g1.l4", "g1.large", "g2.large")


@pytest.fixture(scope="session")
def binaries() -> Binaries:
    found = cached()
    if found is None:
        pytest.fail("No control plane is in the cache: `make engine` puts one there.", pytrace=False)
    return found


@pytest.fixture
def without_control_planes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("begin", "end"):
        monkeypatch.setattr(clusters, name, lambda *_: None)


@pytest.fixture(scope="session")
def engine_binary(tmp_path_factory: pytest.TempPathFactory) -> EngineBinary:
    return provide(Home(tmp_path_factory.mktemp("engine") / "home"))


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    with sandbox.estate(tmp_path_factory.mktemp("estate"), print, ROOT) as made:
        yield made


@pytest.fixture
def home(tmp_path: Path, engine_binary: EngineBinary, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    home = Home(tmp_path / "home")
    monkeypatch.setenv(VARIABLE, str(home.root))
    provide(home)
    install_plugins(home)
    yield home
    for process in sandbox.processes_of(home):
        process.kill()


@pytest.fixture(scope="session")
def private_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    made = Home(tmp_path_factory.mktemp("private-site") / "home")
    yield made
    services.stop(made)


def filled(home: Home) -> Cloud:
    """The services of a home, running, with what the tests take for given."""
    cloud = services.running(home) or services.start(home)
    images = [(IMAGE, "ubuntu"), ("ubuntu", "ubuntu"), ("debian-12", "debian")]
    put(Session.of(cloud, administrator=True), Declared("public", images, FLAVORS))
    return cloud


@pytest.fixture
def in_private_site(home: Home, private_site: Home) -> Cloud:
    """``home`` with the session's services in the place of its own."""
    cloud = filled(private_site)
    home.openstack.symlink_to(private_site.openstack)
    return cloud


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return sandbox.project(tmp_path / "project", ROOT)


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
