"""The end of a home with a control plane: nothing of it runs or lies about any more."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal import json_files
from rehearsal.cluster import agent
from rehearsal.cluster.node import ABOUT
from rehearsal.control_plane import running
from rehearsal.control_plane.of_home import control_plane, control_planes
from rehearsal.control_plane.provide import Binaries
from rehearsal.estate import Estate
from rehearsal.home import Home
from tests.rehearsal.cluster.conftest import container, processes_of, wait_for
from tests.rehearsal.node.conftest import CLUSTER, SECONDS, LiveWorld, conditions

pytestmark = pytest.mark.timeout(300)


def test_a_wipe_ends_pods_node_and_control_plane(tmp_path: Path, binaries: Binaries) -> None:
    home = Home(tmp_path / "home")
    plane = control_plane(home, CLUSTER)
    try:
        running.start([plane], binaries)
        agent.ensure(home)
        live = LiveWorld(home)
        live.apply("Pod", "stays", {"containers": [container("import time; time.sleep(600)")]})
        wait_for(lambda: "Ready" in conditions(live.get("Pod", "stays")), SECONDS)
        # The agent is not deaf and the pod not lost while the API server is away.
        before = json_files.read(live.cluster.pod_folder("default", "stays") / "run" / "main" / "state.json")
        running.stop([plane])
        running.start([plane], binaries)
        again = LiveWorld(home)
        again.apply("Pod", "more", {"containers": [container("import time; time.sleep(600)")]})
        wait_for(lambda: "Ready" in conditions(again.get("Pod", "more")), SECONDS)
        folder = live.cluster.pod_folder("default", "stays")
        assert json_files.read(folder / "run" / "main" / "state.json") == before
        assert json_files.read(home.clusters / ABOUT)["pid"]
    finally:
        Estate(home, tmp_path).wipe()
    assert processes_of(home.root) == []
    assert plane.processes() == {}
    assert control_planes(home) == []
    assert not home.control_planes.exists()
    assert not home.clusters.exists()
