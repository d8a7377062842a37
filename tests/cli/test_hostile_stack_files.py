"""Hostile stack files at the commands' doors: a sentence a problem or a good file, never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.main import get_command

from infra.settings import SettingsError, read
from isthmus.cli import main
from rehearsal.engine.command import Engine
from rehearsal.engine.derived import derive
from rehearsal.engine.result import Result
from rehearsal.home import VARIABLE, Home
from tests.isthmus.hostile import files

COUNT = 600


@pytest.mark.timeout(120)
def test_hundreds_of_hostile_stack_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "Pulumi.yaml").write_text("name: isthmus\n")
    file = tmp_path / "stacks" / "Pulumi.dev.yaml"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "home"))
    asked: list[str] = []

    def engine(_: Engine, stack: str, **options: object) -> Result:
        asked.append(stack)
        return Result("preview", stack)

    # Built once: typer takes some 20 ms to make a command of what it is told.
    built = get_command(main.app)
    monkeypatch.setattr(main, "_with_only", lambda _: built)
    monkeypatch.setattr(Engine, "preview", engine)
    monkeypatch.setattr("rehearsal.estate.Estate.install", lambda *_: None)
    good = 0
    for number, raw in enumerate(files(COUNT)):
        file.write_bytes(raw)
        try:
            read(file)
        except SettingsError as error:
            sentences = str(error).splitlines()
        else:
            sentences = []
            good += 1
        for command in (["settings", "check", "dev"], ["preview", "dev"]):
            asked.clear()
            status = _run(command, monkeypatch)
            captured = capsys.readouterr()
            errors = " ".join(captured.err.split())
            assert "Traceback" not in captured.err + captured.out, (number, raw[:200])
            assert (status == 0) == (not sentences), (number, status, captured.err)
            # The engine is started for a good file alone, so nothing can be registered of another.
            assert asked == (["dev"] if command[0] == "preview" and not sentences else []), number
            for sentence in sentences:
                assert sentence.endswith(".")
                assert " ".join(sentence.split())[-40:] in errors, (number, sentence, errors)
        if not sentences:
            copy = derive(Home(tmp_path / "home"), tmp_path, "dev")
            assert read(copy.path, "dev") == read(file)
        assert file.read_bytes() == raw
    assert 30 < good < 540


def _run(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr("sys.argv", ["isthmus", *arguments])
    try:
        main.main()
    except SystemExit as left:
        return int(left.code or 0)
    return 0
