"""``python -m tests.training.held``: a worker that waits after each checkpoint while the file HELD is there.

A test that kills a worker in the middle of a small training could else only hope that it comes in time.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

from training.fit.checkpoint import Checkpoint
from training.fit.checkpoint_writer import CheckpointWriter
from training.fit.peer_monitor import PeerMonitor
from training.job_runtime import run_job
from training.jobs.local import worker, workers

if TYPE_CHECKING:
    import pytest

VARIABLE = "HELD"


class Hold:
    """Holds this test's workers at their next checkpoint until they are let go, or are asked to stop.

    Only the chief saves checkpoints; the others wait for it, as they cannot do a step without it. A worker
    that is held goes on looking after the others.
    """

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._file = folder / "held"
        monkeypatch.setattr(workers, "WORKER", "tests.training.held")
        monkeypatch.setenv(VARIABLE, str(self._file))

    def hold(self) -> None:
        """From the next checkpoint on."""
        self._file.touch()

    def let_go(self) -> None:
        """They go on, and are held no more."""
        self._file.unlink(missing_ok=True)


def _hold(file: Path) -> None:
    """Let every save take until the file is gone, or until the worker is asked to stop."""
    save, ask_to_stop, stopping = CheckpointWriter.save, PeerMonitor.ask_to_stop, threading.Event()

    def save_and_wait(writer: CheckpointWriter, checkpoint: Checkpoint) -> None:
        save(writer, checkpoint)
        if file.exists():
            writer.flush()  # the test looks for the checkpoint
        while file.exists() and not stopping.is_set():
            time.sleep(0.05)

    def stop(monitor: PeerMonitor) -> None:
        ask_to_stop(monitor)
        stopping.set()

    patch.object(CheckpointWriter, "save", save_and_wait).start()
    patch.object(PeerMonitor, "ask_to_stop", stop).start()


if __name__ == "__main__":
    _hold(Path(os.environ[VARIABLE]))
    run_job(worker.main)
