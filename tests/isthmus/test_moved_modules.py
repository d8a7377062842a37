"""Old names of modules give what the new ones do, with a warning."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

import isthmus_client
from isthmus.moved_modules import MOVED


@pytest.mark.parametrize("old", MOVED)
def test_an_old_name_is_the_new_module_with_a_warning(old: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, old, raising=False)
    with pytest.warns(DeprecationWarning, match=f"the module {old} is {MOVED[old]} now"):
        module = importlib.import_module(old)
    now = importlib.import_module(MOVED[old])
    names = {name for name in vars(module) if name[:2] != "__"}
    assert all(getattr(module, name) is getattr(now, name) for name in names)


@pytest.mark.filterwarnings("ignore:the module .* now:DeprecationWarning")
def test_names_that_the_pages_showed() -> None:
    client = importlib.import_module("serving.client")
    reproduce = importlib.import_module("training.tracking.reproduce")
    assert client.Recommender is isthmus_client.Recommender
    assert reproduce.settings_of.__module__ == "training.operations.tracking.reproduce"


def test_an_old_name_runs_as_a_program() -> None:
    command = [sys.executable, "-W", "always", "-m", "training.distribution_cost", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "training.fit.distribution_cost now" in done.stderr
    assert done.stdout


def test_what_never_was_there_is_not_found() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"training\.tracking\.nothing"):
        importlib.import_module("training.tracking.nothing")
