"""A run of the tests that any signal ends, with a rehearsal's processes at work, leaves none of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[1]
# A stand-in for AWS, a control plane, a node agent, and a pod whose environment is its own; then it hangs.
_TEST = """
import time
from pathlib import Path
from rehearsal.cluster import agent
from rehearsal.control_plane import clusters
from rehearsal.home import Home
from rehearsal.plugins.aws import moto_server
from rehearsal.ports import free_ports
from tests.rehearsal.cluster.conftest import CLUSTER, World

def test_that_hangs():
    home = Home(Path({home!r}))
    clusters.start(home, [CLUSTER])
    agent.ensure(home)
    world = World(home)
    moto_server.ensure(world.home.aws, f"http://127.0.0.1:{{free_ports(1)}}")
    world.job("busy", "import time; open({ready!r}, 'w').close(); time.sleep(600)")
    time.sleep(600)
"""


def holding(folder: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            words = [*process.cmdline(), process.cwd(), *process.environ().values()]
            if process.status() != psutil.STATUS_ZOMBIE and any(str(folder) in word for word in words):
                found.append(process)
        except psutil.Error:
            continue
    return found


# It does not ignore what a run below nohup or in the background of a shell does.
_PYTEST_THAT_HEEDS_SIGNALS = """
import signal, sys, pytest
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
sys.exit(pytest.main(sys.argv[1:]))
"""


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("number", "side_by_side"),
    [
        (signal.SIGTERM, True),
        (signal.SIGHUP, False),
        (signal.SIGKILL, True),
    ],
)
def test_a_run_that_is_ended_leaves_nothing(
    number: signal.Signals, side_by_side: bool, tmp_path: Path
) -> None:
    home, ready = tmp_path / "home", tmp_path / "ready"
    (tmp_path / "test_hangs.py").write_text(_TEST.format(home=str(home), ready=str(ready)))
    (tmp_path / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text())
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    with subprocess.Popen(
        [
            *(sys.executable, "-c", _PYTEST_THAT_HEEDS_SIGNALS),
            *("-q", *(["-n", "1"] if side_by_side else []), str(tmp_path)),
        ],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as run:
        while not ready.exists():
            assert run.poll() is None, run.stdout and run.stdout.read().decode()
            time.sleep(0.1)
        assert len(holding(home)) >= 8, "moto, the control plane's four, agent, shim and pod"
        run.send_signal(number)  # to pytest alone, as from make
        run.wait()
    # pytest-timeout is the limit: the watcher needs a moment.
    while holding(tmp_path):
        time.sleep(0.1)
