"""A home whose cluster has a real control plane; one for a file of tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rehearsal.control_plane import running
from rehearsal.control_plane.of_home import control_plane
from rehearsal.control_plane.provide import Binaries
from rehearsal.home import Home

CLUSTER = "isthmus-local-aws"


@pytest.fixture(scope="module")
def live_home(tmp_path_factory: pytest.TempPathFactory, binaries: Binaries) -> Iterator[Home]:
    made = Home(tmp_path_factory.mktemp("live") / "home")
    plane = control_plane(made, CLUSTER)
    running.start([plane], binaries)
    yield made
    running.stop([plane])
