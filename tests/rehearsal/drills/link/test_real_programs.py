"""The drill itself, and what it leaves where it is ended in the middle: nothing."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from rehearsal.drills.link.allowed import why_not
from rehearsal.drills.link.play import play
from rehearsal.estate import Estate
from rehearsal.home import Home

ROOT = Path(__file__).parents[4]
COMMAND = [sys.executable, "-m", "rehearsal.drills", "link"]
PROGRAMS = {"charon-systemd", "bgpd", "zebra", "watchfrr", "keepalived", "mmdebstrap", "unshare"}

pytestmark = [pytest.mark.link, pytest.mark.timeout(900)]


@pytest.fixture(autouse=True)
def allowed() -> None:
    if reason := why_not():
        pytest.skip(reason)


def left() -> tuple[set[str], list[str], set[str]]:
    """Programs of the drill that run, mounts, and folders of drills."""
    running = {process.info["name"] for process in psutil.process_iter(["name"])} & PROGRAMS
    mounts = [line for line in Path("/proc/self/mounts").read_text().splitlines() if "/run/link" in line]
    return running, mounts, {path.name for path in Path("/tmp").glob("isthmus-drill-*")}  # noqa: S108


def test_a_short_round_is_played_and_leaves_nothing(tmp_path: Path) -> None:
    before, said = left(), list[str]()
    seen = play(Estate(Home(tmp_path / "home"), ROOT), 0, said.append)
    assert "tunnel cut: " in seen
    assert "server killed: " in seen
    assert "answered by Triton" in said
    assert left() == before
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_drill_that_is_ended_leaves_nothing(number: signal.Signals) -> None:
    before = left()
    with subprocess.Popen(COMMAND, cwd=ROOT, stdout=subprocess.PIPE, text=True) as drill:
        assert drill.stdout is not None
        for line in drill.stdout:
            if "four tunnels are up" in line:
                break
        assert "charon-systemd" in left()[0]
        drill.send_signal(number)
    deadline = time.monotonic() + 20
    while left()[:2] != before[:2] and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left()[:2] == before[:2]
    if number != signal.SIGKILL:
        assert left()[2] == before[2], "its folder is there still"
    assert not list(Path("/run/netns").glob("*"))
