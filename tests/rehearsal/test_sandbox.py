"""Ports of a rehearsal in a sandbox."""

from __future__ import annotations

import random
import re
import socket
from pathlib import Path

import pytest
import yaml

from rehearsal import ports, sandbox


def test_no_port_is_given_to_two(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    draws = iter([25_000, 25_000, 25_003, 25_004, 24_998, 25_010])
    monkeypatch.setattr(random, "randrange", lambda *_: next(draws))
    monkeypatch.setattr(ports, "is_free", lambda _: True)
    made = sandbox.project(tmp_path / "project")
    text = sandbox.stack_file(made).read_text()
    settings = yaml.safe_load(text)["config"]
    drawn = [int(port) for port in re.findall(r"127\.0\.0\.1:(\d+)", text)]
    assert sorted(set(drawn)) == [25_000, 25_003, 25_004]
    assert settings["isthmus:training"]["base_port"] == 25_010
    with pytest.raises(StopIteration):
        next(draws)


def test_an_estate_has_the_ports_of_its_stack_file_though_another_took_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    project, taken = sandbox.project, []

    def late(folder: Path, root: Path | None = None) -> Path:
        """As where another process listens between the draw and the first use."""
        made = project(folder, root)
        url = yaml.safe_load(sandbox.stack_file(made).read_text())["config"]["isthmus:aws"]["endpoint_url"]
        taken.append(socket.create_server(("127.0.0.1", int(url.rpartition(":")[2]))))
        return made

    monkeypatch.setattr(sandbox, "project", late)
    try:
        with sandbox.estate(tmp_path / "estate") as estate:
            wished = sandbox.ports_in(sandbox.stack_file(estate.project_dir).read_text())
            assert sandbox.ports_in(estate.stack_file().read_text()) <= wished
            assert str(taken[0].getsockname()[1]) not in wished
    finally:
        for each in taken:
            each.close()
