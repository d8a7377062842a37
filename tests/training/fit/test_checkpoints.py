"""Checkpoints: a damaged one is noticed and the one before is used; writing does not hold up the steps."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from training.fit.checkpoint import Checkpoint, CheckpointStore, FolderObjects
from training.fit.checkpoint_writer import CheckpointWriter


def checkpoint(step: int) -> Checkpoint:
    return Checkpoint(1, step, 0.5, (2.0,), [np.full(3, step, np.float32)], 0.5)


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("run/*.npz"))


def test_the_last_two_are_kept_and_the_last_is_used(tmp_path: Path) -> None:
    store = CheckpointStore(FolderObjects(tmp_path), "run")
    for step in range(1, 5):
        store.save(checkpoint(step))
    assert len(files(tmp_path)) == 2
    found = CheckpointStore(FolderObjects(tmp_path), "run").load()
    assert found is not None
    assert (found.epoch, found.step, found.loss, found.losses, found.rate) == (1, 4, 0.5, (2.0,), 0.5)
    np.testing.assert_array_equal(found.values[0], np.full(3, 4, np.float32))


@pytest.mark.parametrize("harm", ["changed", "missing"])
def test_a_damaged_one_falls_back_to_the_one_before_and_says_so(
    log_lines: list[str], tmp_path: Path, harm: str
) -> None:
    store = CheckpointStore(FolderObjects(tmp_path), "run")
    store.save(checkpoint(1))
    store.save(checkpoint(2))
    last = files(tmp_path)[-1]
    if harm == "missing":
        last.unlink()
    else:
        content = bytearray(last.read_bytes())
        content[len(content) // 2] ^= 1
        last.write_bytes(content)
    found = store.load()
    assert found is not None
    assert found.step == 1
    (line,) = log_lines
    assert last.name in line
    assert "the one before" in line
    files(tmp_path)[0].write_bytes(b"")
    assert store.load() is None
    assert "begins anew" in log_lines[-1]


def test_a_second_writer_keeps_what_the_first_wrote(tmp_path: Path) -> None:
    """A worker that is told to stop saves beside the chief."""
    chief, second = (CheckpointStore(FolderObjects(tmp_path), "run") for _ in range(2))
    for step in range(3):
        chief.save(checkpoint(step))
    second.save(checkpoint(3))
    files(tmp_path)[-1].unlink()
    found = second.load()
    assert found is not None
    assert found.step == 2


class SlowObjects(FolderObjects):
    """Takes nothing until it may."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.may = threading.Event()

    def put(self, name: str, content: bytes) -> None:
        assert self.may.wait(300)
        super().put(name, content)


def test_steps_go_on_while_a_checkpoint_is_written(tmp_path: Path) -> None:
    objects = SlowObjects(tmp_path)
    writer = CheckpointWriter(CheckpointStore(objects, "run"))
    writer.save(checkpoint(1))
    assert files(tmp_path) == []
    objects.may.set()
    found = writer.load()
    assert found is not None
    assert found.step == 1


def test_a_store_that_fails_is_told_at_the_next_save(tmp_path: Path) -> None:
    class Full(FolderObjects):
        def put(self, name: str, content: bytes) -> None:
            raise OSError("no space")

    writer = CheckpointWriter(CheckpointStore(Full(tmp_path), "run"))
    writer.save(checkpoint(1))
    with pytest.raises(OSError, match="no space"):
        writer.flush()


def test_it_is_due_by_steps_or_by_seconds_and_for_the_chief_alone(tmp_path: Path) -> None:
    now = [0.0]
    store = CheckpointStore(FolderObjects(tmp_path), "run")
    by_steps = CheckpointWriter(store, every_steps=3)
    assert [by_steps.due() for _ in range(3)] == [False, False, True]
    by_time = CheckpointWriter(store, every_seconds=10, clock=lambda: now[0])
    assert not by_time.due()
    now[0] = 10.0
    assert by_time.due()
    by_time.save(checkpoint(1))
    assert not by_time.due()
    assert not any(CheckpointWriter(store, saves=False, every_steps=1).due() for _ in range(3))
    assert not any(CheckpointWriter(store).due() for _ in range(100))
