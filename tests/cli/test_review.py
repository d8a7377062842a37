"""``isthmus review`` of previews that are there: its verdicts, and what it does with others' texts."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from infra.review.cost.report import cost
from infra.review.errors import CannotJudge
from infra.review.preview import read, read_file
from infra.settings.budget import BudgetSettings
from infra.settings.cost import CostSettings
from isthmus.cli.main import app
from tests.cli.test_json import documented, shape
from tests.infra.review.bills import STRANGERS

EKS = STRANGERS / "eks_cluster.json"
ROOT = Path(__file__).parents[2]


def review(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["review", *arguments])


def test_a_strangers_preview_is_judged_without_a_stack() -> None:
    done = review("--preview", str(EKS), "--lines")
    assert done.exit_code == 0, done.output
    for told in ("k: control plane, in standard support", "73.00", "2026-07-31", "db", "no rule knows"):
        assert told in done.output
    assert "budget" not in done.output.splitlines()[-2]


def test_what_has_no_price_can_be_refused() -> None:
    assert review("--preview", str(EKS), "--all-priced").exit_code == 1


@pytest.mark.parametrize(("usd", "status"), [(320.0, 1), (330.0, 0)])
def test_over_the_budget_is_exit_status_1(usd: float, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from isthmus.cli.commands import review as command

    settings = command._settings("dev")
    changed = settings.model_copy(update={"budget": BudgetSettings(usd_per_month=usd)})
    monkeypatch.setattr(command, "_settings", lambda _: changed)
    done = review("dev", "--preview", str(EKS))
    assert done.exit_code == status, done.output
    assert f"{'over' if status else 'within'} the budget of {usd:,.2f}" in done.output


def test_the_json_has_the_shape_of_the_page_and_adds_up() -> None:
    done = review("--preview", str(EKS), "--json")
    written = json.loads(done.stdout)
    page = documented("cost.md", "usdPerThousandRequests")
    assert shape(written) | {"budget": None, "pods": None} == shape(page) | {
        "pods": None,
        "bySite": {"aws": shape(written["monthly"])},
        "byPurpose": {name: shape(written["monthly"]) for name in written["byPurpose"]},
        "byComponent": {name: shape(written["monthly"]) for name in written["byComponent"]},
        "budget": None,
    }
    # What this one's pods cost cannot be told, so that some of it is null.
    assert written["pods"][0].keys() == page["pods"][0].keys()
    for side in ("low", "expected", "high"):
        total = round(sum(line["monthly"][side] for line in written["lines"]), 2)
        assert total == written["monthly"][side]
        for parts in ("bySite", "byPurpose", "byComponent"):
            assert round(sum(part[side] for part in written[parts].values()), 2) == total
    assert all(line["source"] and line["date"] for line in written["lines"])
    assert {each["name"] for each in written["unpriced"]} >= {"db", "odd"}


def test_what_a_change_adds_is_told() -> None:
    done = review("--preview", str(STRANGERS / "static_site.json"))
    assert "by this change" in done.output
    found = cost(read_file(STRANGERS / "static_site.json"), CostSettings(), BudgetSettings())
    # t3.micro to t3.small in us-east-1, and an address that goes.
    assert found.after.total().expected - found.before.total().expected == Decimal("3.94")


def hostile(name: str) -> dict[str, Any]:
    urn = f"urn:pulumi:{name.replace(':', '')}::p::aws:ec2/eip:Eip::{name}"
    state = {"urn": urn, "type": "aws:ec2/eip:Eip", "custom": True, "inputs": {"region": "eu-west-1"}}
    return {"steps": [{"op": "create", "urn": urn, "newState": state}]}


@pytest.mark.parametrize(
    "name", ["[red]x[/red]", "[/]", "\x1b[2J\x1b]0;title\x07", "<script>", "x" * 1500, "a :smile: b"]
)
def test_names_are_never_markup_or_commands_of_a_terminal(name: str, tmp_path: Path) -> None:
    file = tmp_path / "p.json"
    file.write_text(json.dumps(hostile(name)))
    done = review("--preview", str(file))
    assert done.exit_code == 0, done.output
    assert "3.65" in done.output
    assert "\x1b" not in done.output
    assert "\x07" not in done.output
    if len(name) < 80:
        assert name.replace("\x1b", "?").replace("\x07", "?") in done.output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--preview", "nowhere.json"], "nowhere.json cannot be read"),
        (["--preview", "."], ". cannot be read"),
        (["--preview", str(ROOT / "README.md")], "is no JSON"),
        (["nosuch", "--preview", str(EKS)], "is not there"),
    ],
)
def test_no_verdict_is_one_sentence_and_exit_status_2(arguments: list[str], says: str) -> None:
    done = review(*arguments)
    assert isinstance(done.exception, CannotJudge)
    assert done.exception.exit_status == 2
    assert says in str(done.exception)
    assert "\n" not in str(done.exception)


def test_numbers_of_any_size_are_no_crash() -> None:
    """What no cloud would take has a reason in place of a price."""
    for size in (-1, 10**30, 1e308, "many", None, [1], True):
        urn = "urn:pulumi:s::p::aws:ebs/volume:Volume::v"
        inputs = {"size": size, "type": "gp3", "region": "eu-west-1"}
        state = {"urn": urn, "type": "aws:ebs/volume:Volume", "custom": True, "inputs": inputs}
        content = json.dumps({"steps": [{"op": "create", "urn": urn, "newState": state}]})
        found = cost(read(content, "p"), CostSettings(), BudgetSettings())
        assert len(found.after.lines) + len(found.after.unpriced) == 1, size
