"""Every bad stack file is refused by one sentence that says what to do, and by nothing else."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from infra.settings import SettingsError, read
from isthmus.cli.commands.settings import app

HERE = Path(__file__).parent
BAD = sorted((HERE / "bad").glob("*.yaml"))


def header(path: Path, key: str) -> list[str]:
    return re.findall(rf"^# {key}: (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)


def test_there_are_more_than_twenty() -> None:
    assert len(BAD) > 20


def test_the_file_that_they_are_made_of_is_good() -> None:
    assert read(HERE / "good.yaml", "dev").stack == "dev"


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_refused_in_one_sentence(path: Path) -> None:
    (stack,) = header(path, "stack")
    expected = header(path, "expect")
    with pytest.raises(SettingsError) as caught:
        read(path, stack)
    (sentence,) = str(caught.value).splitlines()
    assert expected
    assert all(part in sentence for part in expected), sentence
    assert path.name in sentence
    assert sentence.endswith(".")


@pytest.mark.parametrize(
    "name", ["secret-by-name", "secret-aws-key", "secret-pem", "secret-base64", "database-with-a-password"]
)
def test_a_refused_secret_is_not_shown(name: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read(HERE / "bad" / f"{name}.yaml", "dev")
    for secret in ("hunter2", "AKIA", "BEGIN", "fwDWp"):
        assert secret not in str(caught.value)


def test_a_secret_in_a_wrong_place_is_not_shown_by_the_refusal_of_the_place(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text("config:\n  isthmus:budget: [{ password: hunter2 }]\n", encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        read(file)
    assert "budget[0].password: holds a secret" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_all_problems_are_listed_and_each_is_one_line(tmp_path: Path) -> None:
    text = (HERE / "good.yaml").read_text(encoding="utf-8")
    text = text.replace("10.36.0.0/20", "10.32.0.0/20").replace("max: 2", "max: 0").replace("g1.t4", "g1.t5")
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        read(file)
    assert {problem.path for problem in caught.value.problems} == {
        "aws.network.cidr",
        "aws.gpu_pools.training.max",
        "openstack.gpu_pools.serving.flavor",
    }
    assert len(str(caught.value).splitlines()) == 3


def test_command_exits_with_1_and_names_every_file() -> None:
    files = [str(HERE / "bad" / f"{name}.yaml") for name in ("gpu-pool-zero", "negative-budget")]
    answer = CliRunner().invoke(app, ["check", "--stack", "dev", *files])
    assert answer.exit_code == 1
    assert "gpu-pool-zero.yaml" in answer.output
    assert "negative-budget.yaml" in answer.output


def test_command_shows_no_traceback() -> None:
    program = "from isthmus.cli.commands.settings import app; app()"
    answer = subprocess.run(
        [sys.executable, "-c", program, "check", "--stack", "dev", str(HERE / "bad" / "tab.yaml")],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert answer.returncode == 1
    assert answer.stdout == ""
    assert "there is a tab" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(SettingsError, match=r"Pulumi\.nowhere\.yaml: is not there"):
        read(HERE / "Pulumi.nowhere.yaml")
