"""A control plane for the tests of a file, and the estates that it judges."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rehearsal.control_plane import running
from rehearsal.control_plane.api import Api
from rehearsal.control_plane.layout import ControlPlane
from rehearsal.control_plane.of_home import control_plane
from rehearsal.control_plane.provide import Binaries
from rehearsal.home import Home


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory, binaries: Binaries) -> Iterator[ControlPlane]:
    made = control_plane(Home(tmp_path_factory.mktemp("home")), "aws")
    running.start([made], binaries)
    yield made
    running.stop([made])


@pytest.fixture(scope="module")
def api(plane: ControlPlane) -> Iterator[Api]:
    with Api(plane, running.url(plane)) as made:
        yield made
