"""``isthmus doctor STACK`` without credentials lists what it would ask, and where each is obtained."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from infra.doctor import CHECKS
from isthmus.cli.main import app
from tests.infra.doctor.test_run import without_aws


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    without_aws(monkeypatch)
    for name in ("OS_CLOUD", "OS_USERNAME", "OS_APPLICATION_CREDENTIAL_ID"):
        monkeypatch.delenv(name, raising=False)


def test_it_lists_what_it_would_ask() -> None:
    told = CliRunner().invoke(app, ["doctor", "prod", "--json"])
    assert told.exit_code == 0, told.output
    findings = json.loads(told.output)
    assert {each["state"] for each in findings} == {"not asked"}
    named = {each["check"] for each in findings}
    # prod names no topic for its alarms.
    assert named == {each.name for each in CHECKS} - {"alarm topics"}
    table = CliRunner().invoke(app, ["doctor", "prod"])
    assert table.exit_code == 0
    for each in findings:
        assert each["looksAt"] in table.output
        assert each["obtained"].replace("STACK", "prod") in table.output
    assert "no AWS credentials: sign in" in table.output
    assert "Nothing was written anywhere" in table.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["doctor", "nowhere"], "there is no stack nowhere in "),
        (["doctor", "prod", "--fix"], "--fix sets up this machine"),
    ],
)
def test_what_it_cannot_do_is_one_sentence(arguments: list[str], said: str) -> None:
    told = CliRunner().invoke(app, arguments)
    assert told.exit_code == 1
    assert said in str(told.exception)
