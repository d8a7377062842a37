"""The end of a home with a control plane: nothing of it runs or lies about any more."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from rehearsal import json_files
from rehearsal.cluster import agent
from rehearsal.cluster.agent_loop import ABOUT
from rehearsal.control_plane import running
from rehearsal.control_plane.of_home import control_plane, control_planes
from rehearsal.control_plane.provide import Binaries
from rehearsal.estate import Estate
from rehearsal.home import Home
from tests.rehearsal.cluster.conftest import (
    CLUSTER,
    SECONDS,
    World,
    conditions,
    container,
    processes_of,
    wait_for,
)

pytestmark = pytest.mark.timeout(300)


def test_a_wipe_ends_pods_node_and_control_plane(tmp_path: Path, binaries: Binaries) -> None:
    home = Home(tmp_path / "home")
    plane = control_plane(home, CLUSTER)
    try:
        running.start([plane], binaries)
        agent.ensure(home)
        world = World(home)
        world.apply("Pod", "stays", {"containers": [container("import time; time.sleep(600)")]})
        wait_for(lambda: "Ready" in conditions(world.get("Pod", "stays")), SECONDS)
        # The agent is not deaf and the pod not lost while the API server is away.
        before = json_files.read(world.cluster.pod_folder("default", "stays") / "run" / "main" / "state.json")
        running.stop([plane])
        running.start([plane], binaries)
        again = World(home)
        again.apply("Pod", "more", {"containers": [container("import time; time.sleep(600)")]})
        wait_for(lambda: "Ready" in conditions(again.get("Pod", "more")), SECONDS)
        folder = world.cluster.pod_folder("default", "stays")
        assert json_files.read(folder / "run" / "main" / "state.json") == before
        # Nor does anything stay that an agent left which was killed.
        os.kill(json_files.read(home.clusters / ABOUT)["pid"], signal.SIGKILL)
        wait_for(lambda: not agent.is_running(home), SECONDS)
        assert agent.stop(home)
        assert not agent.stop(home)
    finally:
        Estate(home, tmp_path).wipe()
    assert processes_of(home.root) == []
    assert plane.processes() == {}
    assert control_planes(home) == []
    assert not home.control_planes.exists()
    assert not home.clusters.exists()
