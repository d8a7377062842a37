from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from rehearsal.drills.link import allowed, debian, play
from rehearsal.estate import Estate
from rehearsal.home import Home


def refused(*_: object, **__: object) -> subprocess.CompletedProcess[str]:
    return subprocess.CompletedProcess([], 1, "", "unshare: unshare failed: Operation not permitted\n")


def test_a_machine_without_namespaces_says_so_and_nothing_is_made(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("subprocess.run", refused)
    monkeypatch.setenv("ISTHMUS_CACHE", str(tmp_path))
    said = play.play(Estate(Home(tmp_path / "home"), tmp_path), 2, print)
    assert said == (
        "not played: This machine allows no namespaces, overlays or tun devices: "
        "unshare: unshare failed: Operation not permitted"
    )
    assert not list(tmp_path.iterdir())


def test_only_root_plays_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert allowed.why_not().startswith("Only root ")


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None if name == "nsenter" else f"/usr/bin/{name}")
    assert "nsenter" in allowed.why_not()


def test_a_debian_that_is_not_here_wants_mmdebstrap(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None if name == "mmdebstrap" else f"/usr/bin/{name}")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("subprocess.run", lambda *_, **__: subprocess.CompletedProcess([], 0, "", ""))
    monkeypatch.setenv("ISTHMUS_CACHE", str(tmp_path))
    assert not debian.here()
    assert "`make link`" in allowed.why_not()
    debian.place().mkdir(parents=True)
    assert allowed.why_not() == ""
