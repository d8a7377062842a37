"""What is kept is read to the last bit, or not at all."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

from training.features.array_cache import (
    ABANDONED_S,
    ArrayCache,
    ArraysDamaged,
    key_of,
    read_arrays,
    write_arrays,
)

ARRAYS = {
    "values": np.random.default_rng(0).normal(size=(40, 7)).astype(np.float32),
    "missing": np.array([np.nan, -0.0, np.inf]),
    "names": np.array(["a", "bcd"]),
    "nothing": np.zeros((0, 3), np.int32),
    "one": np.asarray(0.1),
    "turned": np.arange(12, dtype=np.int64).reshape(3, 4).T,
}


def _cache(folder: Path, most_bytes: int = 1 << 20) -> ArrayCache:
    return ArrayCache(folder / "kept", most_bytes)


def test_what_is_kept_is_read_to_the_bit_and_an_ordinary_npz(log_lines: list[str], tmp_path: Path) -> None:
    cache = _cache(tmp_path)
    assert cache.find("some") is None
    cache.keep("some", ARRAYS)
    found = cache.find("some")
    assert found is not None
    assert found.keys() == ARRAYS.keys()
    with np.load(cache.path("some")) as plain:
        for name, array in ARRAYS.items():
            for read in (found[name], plain[name]):
                assert (read.dtype, read.shape) == (array.dtype, array.shape)
                assert read.tobytes() == array.tobytes()
    assert log_lines == []
    assert [path.name for path in cache.folder.iterdir()] == ["some.npz"], "nothing is left aside"


def test_a_bit_that_flipped_anywhere_and_half_a_file_are_told_and_made_again(
    log_lines: list[str], tmp_path: Path
) -> None:
    cache = _cache(tmp_path)
    cache.keep("some", ARRAYS)
    path = cache.path("some")
    whole = path.read_bytes()
    places = [0, 30, len(whole) // 2, len(whole) - 60, len(whole) - 33, len(whole) - 1]
    damaged = [whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in places]
    for content in (*damaged, whole[:-1], whole[: len(whole) // 2], whole[:10], b""):
        path.write_bytes(content)
        with pytest.raises(ArraysDamaged, match=str(path)):
            read_arrays(path)
        log_lines.clear()
        assert cache.find("some") is None
        assert log_lines == [f"{path} is damaged; it is made again"]
        assert not path.exists()
        assert not cache.holds("some")
    path.write_bytes(whole)
    assert cache.holds("some")


def test_what_was_not_used_for_longest_makes_room_and_what_is_needed_stays(tmp_path: Path) -> None:
    cache = _cache(tmp_path)
    for age, name in enumerate(("new", "used", "old", "needed")):
        cache.keep(name, ARRAYS)
        os.utime(cache.path(name), (1000 - age, 1000 - age))
    size = cache.path("new").stat().st_size
    assert cache.find("old") is not None  # which makes it the one that was used last
    few = ArrayCache(cache.folder, 2 * size)
    few.trim(["needed"])
    assert {path.stem for path in few.folder.iterdir()} == {"old", "needed"}
    few.keep("another", ARRAYS)
    assert {path.stem for path in few.folder.iterdir()} == {"old", "another"}
    ArrayCache(cache.folder, 1).keep("larger than all room", ARRAYS)
    assert {path.stem for path in few.folder.iterdir()} == {"larger than all room"}


def test_what_a_killed_writer_left_aside_is_removed_and_a_live_ones_is_not(tmp_path: Path) -> None:
    cache = _cache(tmp_path)
    cache.keep("some", ARRAYS)
    live, dead = cache.folder / ".other.npz.17", cache.folder / ".other.npz.18"
    for aside in (live, dead):
        aside.write_bytes(b"half")
    os.utime(dead, (0, dead.stat().st_mtime - 2 * ABANDONED_S))
    cache.trim()
    assert {path.name for path in cache.folder.iterdir()} == {"some.npz", live.name}


def test_another_value_or_another_library_is_another_name(monkeypatch: pytest.MonkeyPatch) -> None:
    key = key_of(orders="a", half_life_days=30.0)
    assert key == key_of(half_life_days=30.0, orders="a")
    assert key != key_of(orders="a", half_life_days=30.5)
    monkeypatch.setattr("training.features.array_cache.version", lambda name: f"{name} of tomorrow")
    assert key != key_of(orders="a", half_life_days=30.0)


def _write_often(path: Path) -> None:
    for _ in range(40):
        write_arrays(path, ARRAYS)


def test_two_processes_that_write_the_same_at_once_leave_it_whole_at_every_moment(tmp_path: Path) -> None:
    path = tmp_path / "same.npz"
    write_arrays(path, ARRAYS)
    whole = path.read_bytes()
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        writers = [pool.submit(_write_often, path) for _ in range(2)]
        while not all(writer.done() for writer in writers):
            assert path.read_bytes() == whole
        for writer in writers:
            writer.result()
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
