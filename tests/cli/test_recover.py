"""``isthmus recover`` of a cloud's stack: the pulumi on PATH does it, and what it refuses is one sentence."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from infra.recovery.pulumi_on_path import EngineRefused, PulumiOnPath
from isthmus.cli.commands.recover import recover
from isthmus.cli.errors import CommandError


def pulumi(folder: Path, script: str) -> str:
    """A PATH that begins with a pulumi that runs a script."""
    file = folder / "pulumi"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def test_nothing_left_open_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    exported = json.dumps({"version": 3, "deployment": {"resources": []}})
    monkeypatch.setenv("PATH", pulumi(tmp_path, f"echo '{exported}'"))
    recover("prod")
    assert "prod: nothing was left open" in capsys.readouterr().out


def test_what_the_engine_refuses_is_told_in_its_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = 'echo "warning: old" >&2; echo "error: no stack named \'prod\' found" >&2; exit 255'
    monkeypatch.setenv("PATH", pulumi(tmp_path, script))
    with pytest.raises(EngineRefused, match=r"`pulumi stack export` failed: no stack named 'prod' found$"):
        recover("prod")


def test_a_shell_without_pulumi_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineRefused, match="no pulumi on PATH"):
        PulumiOnPath(tmp_path).export("prod")


@pytest.mark.parametrize("found", ["link-1", "=id", "link-1="])
def test_what_was_found_is_a_name_and_an_id(found: str) -> None:
    with pytest.raises(CommandError, match="takes NAME=ID"):
        recover("prod", found=[found])
