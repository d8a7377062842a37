"""The processes of a run: what they print is said, to the last line."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from isthmus.exit_codes import EXIT_PEER_LOST
from training.jobs.local import workers
from training.jobs.local.workers import Workers
from training.settings import TrainingSettings


def test_last_line_of_a_worker_that_ends_is_said_while_another_goes_on(
    log_lines: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may print it and end after the lines of all were looked for, and before who has ended is asked."""
    monkeypatch.setattr(workers, "WORKER", "tests.training.test_workers")

    class Late(Workers):
        def _print(self, printed: Sequence[Iterator[str | None]]) -> None:
            super()._print(printed)
            if not (tmp_path / "go").exists():
                (tmp_path / "go").touch()
                self._running[0].wait()

    Late(TrainingSettings(workers=2), tmp_path, tmp_path / "out").run()
    assert log_lines[1:] == [
        "my last line",
        f"worker 0 ended with code {EXIT_PEER_LOST}; it starts again",
        "done",
    ]


def _stand_in() -> int:
    """Worker 0 ends as lost when it may, and well when it was started again; worker 1 ends after it."""
    go, lost, done = (Path(os.environ["WORK"]) / name for name in ("go", "lost", "done"))
    if os.environ["JOB_COMPLETION_INDEX"] == "1":
        _await(done)
        return 0
    if lost.exists():
        print("done")
        done.touch()
        return 0
    lost.touch()
    _await(go)
    print("my last line")
    return EXIT_PEER_LOST


def _await(file: Path) -> None:
    while not file.exists():
        time.sleep(0.02)


if __name__ == "__main__":
    raise SystemExit(_stand_in())
