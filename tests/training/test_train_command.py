"""``isthmus train --workers 2``, as a person runs it: two processes that train together, and a release."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.training.shops import small_shop
from training.release import read_report, verify

EPOCHS = 3


@contextmanager
def _training(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The command, with a home of its own; what it says is in ``said``."""
    orders = small_shop(tmp_path / "orders", days=6, customers=20)
    homes = {f"XDG_{kind}_HOME": str(tmp_path / kind) for kind in ("CACHE", "CONFIG", "DATA")}
    command = [
        sys.executable,
        "-m",
        "isthmus.cli.main",
        "train",
        "--orders",
        str(orders),
        "--out",
        str(tmp_path / "release"),
    ]
    command += ["--workers", "2", "--epochs", str(EPOCHS)]
    with (tmp_path / "said").open("wb") as log:
        process = subprocess.Popen(command, env=os.environ | homes, stdout=log, stderr=log)
        try:
            yield process
        finally:
            if process.poll() is None:
                for child in psutil.Process(process.pid).children(recursive=True):
                    child.kill()
                process.kill()
                process.wait()


def _workers(command: subprocess.Popen[bytes]) -> dict[int, psutil.Process]:
    """The worker processes that run now, by index."""
    found = {}
    for child in psutil.Process(command.pid).children():
        with suppress(psutil.Error):
            if "training.jobs.local.worker" in child.cmdline():
                found[int(child.environ()["JOB_COMPLETION_INDEX"])] = child
    return found


def _configured(printed: str) -> dict[str, Any]:
    (line,) = (line for line in printed.splitlines() if "TF_CONFIG=" in line)
    config: dict[str, Any] = json.loads(line.split("TF_CONFIG=")[1])
    return config


@pytest.mark.skipif(sys.platform != "linux", reason="what a process prints to a file is read in /proc")
def test_two_processes_train_together_and_make_a_release(tmp_path: Path) -> None:
    with _training(tmp_path) as command, ExitStack() as stack:
        workers: dict[int, psutil.Process] = {}
        while len(workers) < 2 and command.poll() is None:
            workers = _workers(command)
            time.sleep(0.05)
        assert sorted(workers) == [0, 1], (tmp_path / "said").read_text()
        assert len({worker.pid for worker in workers.values()}) == 2
        # Opened while they run, read when they have ended: nobody else keeps what the second one prints.
        printed = [Path(f"/proc/{workers[index].pid}/fd/1") for index in range(2)]
        logs = [stack.enter_context(file.open()) for file in printed]
        assert command.wait() == 0, (tmp_path / "said").read_text()
        configs = [_configured(log.read()) for log in logs]
    assert [config["task"] for config in configs] == [
        {"type": "worker", "index": index} for index in range(2)
    ]
    assert configs[0]["cluster"] == configs[1]["cluster"]
    peers = configs[0]["cluster"]["worker"]
    output = (tmp_path / "said").read_text()
    where = (f"process {workers[index].pid} at {peer}" for index, peer in enumerate(peers))
    assert f"2 workers: {', '.join(where)}" in output
    manifest = verify(tmp_path / "release")
    assert manifest.digest() in re.sub(r"\s", "", output)
    assert len(read_report(tmp_path / "release")["losses"]) == EPOCHS
    assert all(not worker.is_running() for worker in workers.values())
