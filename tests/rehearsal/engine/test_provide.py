"""Which engine a rehearsal gets, and what is said when it gets none."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from rehearsal.engine import official, on_path, pin, provide
from rehearsal.engine.errors import EngineError
from rehearsal.engine.files import write_executable
from rehearsal.home import Home
from rehearsal.programs import cache
from rehearsal.programs.errors import Unavailable
from rehearsal.programs.versions import dotted


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    monkeypatch.delenv(provide.VARIABLE, raising=False)


def _pulumi(folder: Path, version: str, *, host: bool = True) -> Path:
    write_executable(folder / "pulumi", f"#!/bin/sh\necho v{version}\n")
    if host:
        write_executable(folder / "pulumi-language-python", "#!/bin/sh\n")
    return folder / "pulumi"


def _on(monkeypatch: pytest.MonkeyPatch, *folders: Path) -> None:
    monkeypatch.setenv("PATH", os.pathsep.join([*map(str, folders), "/usr/bin", "/bin"]))


def test_a_compatible_engine_on_path_is_taken_with_its_own_language_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = _pulumi(tmp_path / "theirs", "3.300.1")
    _on(monkeypatch, tmp_path / "theirs")
    home = Home(tmp_path / "home")

    engine = provide.provide(home)

    assert (engine.origin, engine.path, engine.version) == ("path", theirs, "3.300.1")
    assert not engine.own_language_host
    assert list(home.pulumi_home.glob("plugins/language-*")) == []
    assert provide.current(home) == engine


def test_without_a_language_host_of_its_own_it_gets_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _pulumi(tmp_path / "theirs", "3.300.1", host=False)
    _on(monkeypatch, tmp_path / "theirs")
    home = Home(tmp_path / "home")
    assert provide.provide(home).own_language_host
    (host,) = home.pulumi_home.glob("plugins/language-python-*/pulumi-language-python")
    assert os.access(host, os.X_OK)


def test_a_replaced_engine_is_looked_at_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _pulumi(tmp_path / "theirs", "3.300.1")
    _on(monkeypatch, tmp_path / "theirs")
    home = Home(tmp_path / "home")
    provide.provide(home)
    _pulumi(tmp_path / "theirs", "3.301.0")
    assert provide.current(home) is None
    assert provide.provide(home).version == "3.301.0"


@pytest.mark.parametrize("version", ["3.258.9", "2.9.0", "4.0.0", "nonsense"])
def test_an_engine_that_does_not_fit_is_named_and_passed_over(
    version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = _pulumi(tmp_path / "theirs", version)
    _on(monkeypatch, tmp_path / "theirs")
    with pytest.raises(Unavailable, match=re.escape(str(theirs))):
        on_path.find()


def test_the_links_of_a_rehearsal_are_never_taken_for_an_engine_on_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _pulumi(tmp_path / "theirs", "3.300.1")
    _on(monkeypatch, tmp_path / "theirs")
    home = Home(tmp_path / "home")
    provide.provide(home)
    _on(monkeypatch, home.bin)
    with pytest.raises(Unavailable, match="none on PATH"):
        on_path.find()
    _on(monkeypatch, home.bin, tmp_path / "theirs")
    assert on_path.find()[0] == tmp_path / "theirs" / "pulumi"


def test_an_installer_out_of_reach_says_so_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nobody listens on the discard port of this machine.
    monkeypatch.setattr(official, "_SITE", "http://127.0.0.1:9/install.sh")
    monkeypatch.setenv(provide.VARIABLE, "official")
    with pytest.raises(EngineError, match=r"from the official installer: get\.pulumi\.com cannot be reached"):
        provide.provide(Home(tmp_path / "home"))
    assert [path for path in (tmp_path / "cache").rglob("*") if not path.name.endswith(".lock")] == [
        tmp_path / "cache" / "engine",
        tmp_path / "cache" / "engine" / pin.VERSION,
    ]


def test_an_unknown_way_is_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(provide.VARIABLE, "path,brew")
    with pytest.raises(EngineError, match="'brew' is none of path, official, built"):
        provide.provide(Home(tmp_path / "home"))


def test_the_go_module_asks_for_the_pinned_version() -> None:
    program = pin.MODULE
    module = (program.module / "go.mod").read_text()
    assert f"github.com/pulumi/pulumi/pkg/v3 v{pin.VERSION}\n" in module
    assert f"go {dotted(program.go)}\n" in module
    assert program.package in (program.module / "tools.go").read_text()
    assert f"github.com/pulumi/pulumi/pkg/v3 v{pin.VERSION} h1:" in (program.module / "go.sum").read_text()
