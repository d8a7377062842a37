"""What is written aside is on the disk before it has its name, and nothing is left of what failed."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from isthmus.atomic_files import atomic_directory, atomic_file, atomic_write


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of what is synced, and the renames, in order; the real calls are made too."""
    called: list[str] = []
    fsync, replace, rename = os.fsync, Path.replace, Path.rename

    def noted_fsync(handle: int) -> None:
        called.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        fsync(handle)

    def noted_replace(path: Path, target: Path) -> Path:
        called.append("renamed")
        return replace(path, target)

    def noted_rename(path: Path, target: Path) -> Path:
        called.append("renamed")
        return rename(path, target)

    monkeypatch.setattr("os.fsync", noted_fsync)
    monkeypatch.setattr(Path, "replace", noted_replace)
    monkeypatch.setattr(Path, "rename", noted_rename)
    return called


def test_a_file_is_on_the_disk_before_it_has_its_name(tmp_path: Path, calls: list[str]) -> None:
    atomic_write(tmp_path / "one", b"content", 0o600)
    assert calls == ["file", "renamed", "folder"]
    assert (tmp_path / "one").read_bytes() == b"content"
    assert stat.S_IMODE((tmp_path / "one").stat().st_mode) == 0o600


def test_a_folder_is_on_the_disk_before_it_has_its_name(tmp_path: Path, calls: list[str]) -> None:
    for content in ("old", "new"):
        calls.clear()
        with atomic_directory(tmp_path / "made", "mark", "folder of a test") as aside:
            (aside / "mark").write_text(content)
            (aside / "link").symlink_to(tmp_path / "nowhere")
        first = calls.index("renamed")
        assert sorted(calls[:first]) == ["file", "folder"]
        assert calls[-1] == "folder"
        assert (tmp_path / "made" / "mark").read_text() == content
    assert [path.name for path in tmp_path.iterdir()] == ["made"]


def test_nothing_is_left_of_what_failed(tmp_path: Path) -> None:
    atomic_write(tmp_path / "one", b"old")

    def fill_file() -> None:
        with atomic_file(tmp_path / "one") as file:
            file.write(b"half")
            raise ZeroDivisionError

    def fill_folder() -> None:
        with atomic_directory(tmp_path / "two") as aside:
            (aside / "half").touch()
            raise ZeroDivisionError

    for fill in (fill_file, fill_folder):
        with pytest.raises(ZeroDivisionError):
            fill()
    assert [path.name for path in tmp_path.iterdir()] == ["one"]
    assert (tmp_path / "one").read_bytes() == b"old"
