"""The cache of programs is complete or absent, whoever is killed and whoever comes at once."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rehearsal.programs import cache


def _make(folder: Path) -> None:
    (folder / "bin").mkdir()
    (folder / "bin" / "pulumi").write_text("whole")


def test_an_entry_is_made_once_and_found_again(tmp_path: Path) -> None:
    place = tmp_path / "engine" / "one"
    assert (cache.ensure(place, _make) / "bin" / "pulumi").read_text() == "whole"

    def refuse(_: Path) -> None:
        raise AssertionError("made again")

    assert cache.ensure(place, refuse) == place


def test_a_maker_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        _make(folder)
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        cache.ensure(tmp_path / "one", fail)
    assert [path for path in tmp_path.iterdir() if path.is_dir()] == []


def test_a_maker_that_is_killed_leaves_no_entry_and_its_leftovers_go_with_the_next(tmp_path: Path) -> None:
    place = tmp_path / "one"
    program = (
        "import os, signal, sys; from pathlib import Path; from rehearsal.programs import cache\n"
        "def make(folder):\n"
        "    (folder / 'half').write_text('x')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "cache.ensure(Path(sys.argv[1]), make)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(place)], check=False)
    left = [path for path in tmp_path.iterdir() if path.is_dir()]
    assert len(left) == 1
    assert left[0].name.startswith(".partial-")

    cache.ensure(place, _make)

    assert [path for path in tmp_path.iterdir() if path.is_dir()] == [place]


def test_only_one_of_many_makes_it_and_the_others_wait(tmp_path: Path) -> None:
    made, waited = [], []

    def make(folder: Path) -> None:
        made.append(folder)
        gate.submit(lambda: None).result()
        _make(folder)

    with ThreadPoolExecutor(1) as gate, ThreadPoolExecutor(4) as pool:
        places = list(
            pool.map(
                lambda _: cache.ensure(tmp_path / "one", make, waiting=lambda: waited.append(1)), range(4)
            )
        )
    assert len(made) == 1
    assert all((place / "bin" / "pulumi").read_text() == "whole" for place in places)
