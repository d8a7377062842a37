"""A program is there once it answers, gone with the block, and says why where it does not come up."""

from __future__ import annotations

import sys
from pathlib import Path

import httpx
import pytest

from rehearsal import ports
from rehearsal.programs.answering import answering
from rehearsal.programs.errors import ProgramError


def test_it_answers_in_the_block_and_not_after_it(tmp_path: Path) -> None:
    port = ports.free_ports(1)
    url, command = f"http://127.0.0.1:{port}/", [sys.executable, "-m", "http.server", str(port)]
    with answering("It", command, url, tmp_path / "made"):
        assert "log" in httpx.get(url, trust_env=False).text
    assert ports.is_free(port)


def test_one_that_ends_is_told_by_its_last_words(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import os, sys; sys.exit('no ' + os.environ['GIVEN'])"]
    url = f"http://127.0.0.1:{ports.free_ports(1)}/"
    with (
        pytest.raises(ProgramError, match=r"^It does not come up: no luck"),
        answering("It", command, url, tmp_path, {"GIVEN": "luck"}),
    ):
        pass
