"""The build of a program around a stand-in for Go: what it is asked, what is left, what is said."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from rich.console import Console

from rehearsal.engine import pin
from rehearsal.engine.files import write_executable
from rehearsal.programs import build, cache, toolchain
from rehearsal.programs.errors import ProgramError
from rehearsal.programs.progress import Progress

_GO = """#!/bin/sh
case $1 in
env) echo go1.26.0 ;;
list) echo 'go: downloading example.org/a v1.0.0' >&2; echo a; echo b ;;
build) mkdir -p "$GOCACHE"; env | grep -E '^(GO|CGO)' > "$GOCACHE/asked"; echo a >&2
    {end}
    while [ "$1" != -o ]; do shift; done
    mkdir -p "$(dirname "$2")"; echo engine > "$2" ;;
esac
"""


@pytest.fixture
def go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path / "go"), "/usr/bin", "/bin"]))
    monkeypatch.setenv("GOCACHE", str(tmp_path / "gocache"))
    monkeypatch.setenv("GOFLAGS", "-mod=vendor")
    return tmp_path / "go" / "go"


def _build(tmp_path: Path) -> tuple[Path, str]:
    said = io.StringIO()
    place = tmp_path / "place"
    with Progress(Console(file=said, force_terminal=False, soft_wrap=True)) as progress:
        cache.ensure(place, lambda folder: build.build(pin.MODULE, folder, progress))
    return place, said.getvalue()


def test_the_machines_own_go_builds_with_our_flags_and_its_own_caches(tmp_path: Path, go: Path) -> None:
    write_executable(go, _GO.replace("{end}", ""))
    place, said = _build(tmp_path)
    assert [str(path.relative_to(place)) for path in place.rglob("*")] == ["bin", "bin/pulumi"]
    asked = (tmp_path / "gocache" / "asked").read_text()
    assert "GOFLAGS=-mod=readonly -trimpath -buildvcs=false\n" in asked
    assert "GOTOOLCHAIN=local" in asked
    assert "CGO_ENABLED=0" in asked
    assert "Building Pulumi" in said
    assert "\x1b" not in said


def test_a_go_of_our_own_keeps_its_caches_with_us_and_they_go_after_the_build(
    tmp_path: Path, go: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_executable(go, _GO.replace("{end}", ""))
    monkeypatch.setattr(toolchain, "find", lambda *_: toolchain.Toolchain(go, (1, 26, 0), own=True))
    place, _ = _build(tmp_path)
    assert (place / "bin" / "pulumi").exists()
    assert not (tmp_path / "gocache").exists()
    assert not toolchain.scratch().exists()


def test_a_build_that_fails_says_why_in_one_sentence_and_leaves_nothing(tmp_path: Path, go: Path) -> None:
    write_executable(go, _GO.replace("{end}", "echo 'proxy: 403 Forbidden' >&2; exit 1"))
    with pytest.raises(
        ProgramError, match=r"^go build of the engine failed \(a \| proxy: 403 Forbidden\): check"
    ):
        _build(tmp_path)
    assert not (tmp_path / "place").exists()
    assert not list(tmp_path.glob(".partial-*"))


def test_an_old_go_is_passed_over(tmp_path: Path, go: Path) -> None:
    write_executable(go, "#!/bin/sh\necho go1.24.3\n")
    assert toolchain.on_path((1, 25, 11)) is None
