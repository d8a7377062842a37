"""Ports of a rehearsal in a sandbox."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
import yaml

from rehearsal import ports, sandbox


def test_no_port_is_given_to_two(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
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
