"""One set of running services for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rehearsal.home import Home
from rehearsal.openstack_services import services
from rehearsal.openstack_services.declared import Declared, put
from rehearsal.openstack_services.session import Session

IMAGE = "fedora-coreos-42"
FLAVORS = ("m1.large", "g1.l4")


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    made = Home(tmp_path_factory.mktemp("home"))
    cloud = services.start(made)
    put(Session.of(cloud, administrator=True), Declared("public", [(IMAGE, "fedora-coreos")], FLAVORS))
    yield made
    services.stop(made)


@pytest.fixture
def estate(home: Home) -> Session:
    """The session of the estate's user, a plain member of its project."""
    cloud = services.running(home) or services.start(home)
    return Session.of(cloud)
