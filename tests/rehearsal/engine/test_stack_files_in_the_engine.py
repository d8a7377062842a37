"""What a program gets of a stack file by the real engine is what our reader says that it gets."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.settings import SettingsError, read
from isthmus import stack_files
from isthmus.stack_files import StackFileError, write
from isthmus.stack_files.scalars import lost_on_the_way
from rehearsal.engine.command import Engine
from rehearsal.engine.derived import derive
from rehearsal.home import Home
from tests.isthmus.hostile import files
from tests.isthmus.test_stack_files import AMBIGUOUS, AS_THE_ENGINE

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

_TELL = """
import json, pathlib
import pulumi
from pulumi.runtime import config
pathlib.Path({told!r}).write_text(json.dumps(dict(config.CONFIG.get())))
"""
_LOAD = """
import pathlib
from infra.settings import load
pathlib.Path({told!r}).write_text(load().model_dump_json())
"""
_ALPHABET = " \n\t\r:#-?,[]{}&*!|>'\"%@`~=<.0123456789abyne\x00\x1b\x7f\x85\xa0\u2028é😀\ufeff\ufffd\\/"


def _comparable(text: str) -> Any:
    try:
        return json.loads(text) if text[:1] in "[{" else text
    except ValueError:
        return text


def _texts(count: int) -> list[str]:
    """The same each time: scalars that mean something in YAML, and random ones."""
    chance = random.Random(5)  # noqa: S311 - no secret
    drawn = ["".join(chance.choices(_ALPHABET, k=chance.randrange(9))) for _ in range(count)]
    return [text for text in (*AMBIGUOUS, *AS_THE_ENGINE, *drawn) if not lost_on_the_way(text)]


def test_text_in_is_the_text_that_the_program_gets(
    home: Home, tiny: Callable[..., Path], tmp_path: Path
) -> None:
    texts = _texts(500)
    told = tmp_path / "told.json"
    config: dict[str, Any] = {f"tiny:t{number}": text for number, text in enumerate(texts)}
    config["tiny:list"] = texts
    config["tiny:map"] = {f"k{number}": text for number, text in enumerate(texts)}
    config["tiny:keys"] = {text: True for text in texts if text != "<<"}
    plain = {f"tiny:p{n}": text for n, (text, said) in enumerate(AS_THE_ENGINE.items()) if said is not None}
    unquoted = "".join(f"  {key}: {text}\n  {key}l: [{text}]\n" for key, text in plain.items())
    project = tiny(_TELL.format(told=str(told)), write({"config": config}) + unquoted)
    file = project / "stacks" / "Pulumi.one.yaml"
    expected = {key: _comparable(text) for key, text in stack_files.read(file).handed_over().items()}
    engine = Engine(home, project)

    for place in (None, derive(home, project, "one").path):
        told.unlink(missing_ok=True)
        engine.preview("one", config_file=place)
        got = json.loads(told.read_text())
        assert {key: _comparable(text) for key, text in got.items()} == expected
        assert [got[f"tiny:t{number}"] for number in range(len(texts))] == texts
        assert json.loads(got["tiny:list"]) == texts
        assert json.loads(got["tiny:map"]) == config["tiny:map"]


def test_the_program_sees_the_settings_that_the_check_saw(
    home: Home, tiny: Callable[..., Path], tmp_path: Path
) -> None:
    """Also with numbers and days as people write them, by the engine alone: no copy is made here."""
    told = tmp_path / "told.json"
    good = (Path(__file__).parents[3] / "stacks" / "Pulumi.dev.yaml").read_text(encoding="utf-8")
    good = good[good.index("config:") :]
    for text, other in (
        ("    epochs: 5\n", "    epochs: 5.0\n    learning_rate: 5e-2\n"),
        ("    pool: training\n", "    pool: training\n    window: { first_day: 2011-09-01 }\n"),
        ("    elastic_min", '    orders_version: "0123e4"\n    elastic_min'),
        ("usd_per_month: 1500", "usd_per_month: 1.5e3"),
        ("max: 3 }", "max: +3 }"),
    ):
        assert text in good
        good = good.replace(text, other)
    project = tiny(_LOAD.format(told=str(told)), good)
    file = project / "stacks" / "Pulumi.one.yaml"
    checked = read(file, "one")
    assert checked.training.orders_version == "0123e4"
    assert checked.training.epochs == 5

    Engine(home, project).preview("one")

    assert json.loads(told.read_text()) == json.loads(checked.model_dump_json())


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_hostile_files_that_are_taken_are_taken_the_same(
    home: Home, tiny: Callable[..., Path], tmp_path: Path
) -> None:
    told = tmp_path / "told.json"
    project = tiny(_TELL.format(told=str(told)))
    file = project / "stacks" / "Pulumi.one.yaml"
    seen = 0
    for raw in files(500):
        file.write_bytes(raw)
        try:
            content = stack_files.read(file)
            read(file, "dev")
        except (StackFileError, SettingsError):
            continue
        expected = {key: _comparable(text) for key, text in content.handed_over().items()}
        told.unlink(missing_ok=True)
        Engine(home, project).preview("one", config_file=derive(home, project, "one").path)
        got = json.loads(told.read_text())
        assert {key: _comparable(text) for key, text in got.items()} == expected, raw
        seen += 1
    assert seen > 20
