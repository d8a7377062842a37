"""docs/policy.md is what the rules say, and `isthmus policy list` shows them all."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from infra.policy.page import FILE, text
from infra.policy.rules import RULES
from isthmus.cli.commands.policy import app

ROOT = Path(__file__).parents[3]


def test_the_page_is_current() -> None:
    assert (ROOT / FILE).read_text(encoding="utf-8") == text(), "run: python -m infra.policy.page"


def test_the_list_shows_every_rule() -> None:
    shown = CliRunner().invoke(app, ["list"])
    assert shown.exit_code == 0
    for rule in RULES:
        assert f"{rule.name} " in shown.stdout
        assert rule.title in shown.stdout
    asked = CliRunner().invoke(app, ["list", "--domain", "kubernetes", "--json"])
    listed = json.loads(asked.stdout)
    assert [each["name"] for each in listed] == [rule.name for rule in RULES if rule.domain == "Kubernetes"]
    assert all(each["reason"] and each["remedy"] for each in listed)
