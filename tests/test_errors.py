"""Every error of ours derives from one base, and the door of a command or a job goes by that alone."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from isthmus.cli import main as door
from isthmus.errors import FAILED, WRONG_DATA, IsthmusError, WrongData
from isthmus_client.errors import ClientError
from training.job_runtime import run_job

ROOT = Path(__file__).parents[1]
PARTS = ("isthmus", "infra", "training", "serving", "serving/client/isthmus_client", "rehearsal")
CLIENT = Path("serving/client")
"""The client is a distribution of its own, which has a base of its own."""
IN_TRITON = Path("serving/models")
"""What runs in Triton's image finds nothing of ours but what lies beside it."""


def exceptions() -> Iterator[type[BaseException]]:
    """Every exception class that our modules define, but for the private ones: signals that none may see."""
    known = {name for name, kind in vars(builtins).items() if _is_exception(kind)}
    found: dict[str, set[str]] = {}
    before = -1
    while len(known) > before:
        before = len(known)
        for part in PARTS:
            for path in (ROOT / part).rglob("*.py"):
                if part == "serving" and any(
                    path.is_relative_to(ROOT / each) for each in (CLIENT, IN_TRITON)
                ):
                    continue
                place = path.relative_to(ROOT / CLIENT if part.startswith(f"{CLIENT}/") else ROOT)
                module = ".".join(place.with_suffix("").parts).removesuffix(".__init__")
                for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                    if isinstance(node, ast.ClassDef) and any(_of(base, known) for base in node.bases):
                        known.add(node.name)
                        found.setdefault(module, set()).add(node.name)
    for module, names in sorted(found.items()):
        for name in sorted(names):
            if not name.startswith("_"):
                yield getattr(import_module(module), name)


def _of(base: ast.expr, known: set[str]) -> bool:
    name = base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "")
    return name in known or name.endswith(("Error", "Exception"))


def _is_exception(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseException)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the providers, as they are imported
def test_every_public_exception_of_ours_derives_from_the_one_base() -> None:
    found = list(exceptions())
    assert {IsthmusError, WrongData, ClientError} < set(found)
    assert len(found) > 40, "the walk no longer finds them"
    assert [
        f"{kind.__module__}.{kind.__qualname__}"
        for kind in found
        if not issubclass(kind, ClientError if kind.__module__.startswith("isthmus_client") else IsthmusError)
    ] == []


@pytest.mark.parametrize(
    ("error", "status"),
    [(IsthmusError("it is down; try later"), FAILED), (WrongData("day 7 has no rows"), WRONG_DATA)],
)
def test_an_error_of_ours_is_its_sentence_and_the_exit_status_of_its_class(
    error: IsthmusError, status: int, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def ends(*_: object) -> int:
        raise error

    monkeypatch.setattr(type(door.app), "__call__", ends)
    for run in (door.main, lambda: run_job(ends)):
        with pytest.raises(SystemExit) as left:
            run()
        assert left.value.code == status
        assert capfd.readouterr().err == f"isthmus: {error}\n"


def test_what_is_no_error_of_ours_is_a_defect_wherever_its_class_lives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Foreign(Exception):
        __module__ = "training.errors"

    def ends(*_: object) -> int:
        raise Foreign

    monkeypatch.setattr(type(door.app), "__call__", ends)
    for run in (door.main, lambda: run_job(ends)):
        with pytest.raises(Foreign):
            run()
