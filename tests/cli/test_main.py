"""``isthmus`` as a shell runs it: arguments that no command takes, and Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from typer.core import TyperGroup
from typer.main import get_command

from isthmus.cli.main import _with_only, app
from rehearsal.programs.with_parent import with_parent
from tests.training.shops import small_shop

ISTHMUS = [sys.executable, "-m", "isthmus.cli.main"]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["preview", "-s", "prod"], "No such option: -s"),
        (["trainn"], "Did you mean 'train'?"),
        (["train", "--workers", "0"], "Invalid value for '--workers'"),
        (["release", "judge"], "Missing argument 'release'"),
    ],
)
def test_arguments_that_no_command_takes_are_named_and_status_is_2(arguments: list[str], named: str) -> None:
    ran = subprocess.run([*ISTHMUS, *arguments], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 2
    assert named in ran.stderr
    assert "--help" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ([], {"preview", "up", "release", "settings"}),
        (["--help"], {"preview", "up", "release", "settings"}),
        (["preview"], {"preview"}),
        (["release"], {"release"}),
        (["trainn"], {"train", "transfer"}),
    ],
)
def test_a_command_that_is_asked_for_is_built_alone(asked: list[str], expected: set[str]) -> None:
    built = get_command(_with_only(asked))
    assert isinstance(built, TyperGroup)
    assert expected <= set(built.commands)
    assert (len(built.commands) == 1) == (expected == set(asked))
    assert len(get_command(app).commands) > 10, "the whole app is left as it is"  # type: ignore[attr-defined]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_is_one_sentence_and_ends_all_processes_as_sigterm_does(
    tmp_path: Path, number: signal.Signals
) -> None:
    (tmp_path / "scratch").mkdir()
    shop = small_shop(tmp_path / "orders", days=12, customers=30)
    with subprocess.Popen(
        # Whoever runs the tests in the background may have Ctrl-C ignored, and hand that on.
        with_parent([*ISTHMUS, "train", "--orders", shop, "--out", tmp_path / "release", "--epochs", "1000"]),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=os.environ | {"XDG_CACHE_HOME": str(tmp_path / "cache"), "TMPDIR": str(tmp_path / "scratch")},
    ) as command:
        assert command.stderr is not None
        output = ""
        while "transferred:" not in output:
            line = command.stderr.readline()
            assert line, f"it ended by itself: {output}"
            output += line
        workers: list[psutil.Process] = []
        while not workers and command.poll() is None:
            workers = psutil.Process(command.pid).children(recursive=True)
        if number == signal.SIGINT:
            os.killpg(command.pid, number)  # as a terminal does
        else:
            command.send_signal(number)
        output = command.stderr.read()
    assert command.returncode == 128 + number
    if number == signal.SIGINT:
        assert output.splitlines()[-1] == "isthmus: stopped; the same command goes on from here"
    assert "Traceback" not in output
    assert not psutil.wait_procs(workers, timeout=60)[1]
    assert not (tmp_path / "release").exists()
    assert not list((tmp_path / "scratch").glob("isthmus-*"))
