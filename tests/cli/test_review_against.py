"""``isthmus review --against`` of previews that are there: strangers' and hostile ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from infra.review.errors import CannotJudge
from isthmus.cli.main import app
from tests.infra.review.bills import STRANGERS
from tests.infra.review.changes import urn


def review(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["review", *map(str, arguments)])


def without(preview: Path, name: str, folder: Path, **changed: Any) -> Path:
    """The same preview without a resource, or with other inputs of it."""
    content = json.loads(preview.read_text())
    steps = [step for step in content["steps"] if changed or not step["urn"].endswith(f"::{name}")]
    for step in steps:
        if step["urn"].endswith(f"::{name}"):
            step["newState"]["inputs"] |= changed
    file = folder / "before.json"
    file.write_text(json.dumps({**content, "steps": steps}))
    return file


@pytest.mark.parametrize(
    ("stranger", "name", "changed", "told"),
    [
        (
            "eks_cluster",
            "workers",
            {"instanceTypes": ["t3.small"]},
            ("workers", "replaced", "instanceTypes[0]", "begins again"),
        ),
        ("openstack_web_server", "data", {}, ("data", "added", "+6.00")),
        ("static_site", "cdn", {"enabled": False}, ("cdn", "changed", "no schema is here: aws:cloudfront")),
    ],
)
def test_a_strangers_change_is_judged(
    stranger: str, name: str, changed: dict[str, Any], told: tuple[str, ...], tmp_path: Path
) -> None:
    after = STRANGERS / f"{stranger}.json"
    done = review("--preview", after, "--against", without(after, name, tmp_path, **changed))
    assert done.exit_code in (0, 1), done.output
    for each in told if stranger != "openstack_web_server" else told[:2]:
        assert each in done.output


def test_what_stood_before_refuses_no_change(tmp_path: Path) -> None:
    """A bucket open to everyone: refused where a change opens it, and no later change is."""

    def write(name: str, acl: str, *more: str) -> Path:
        kind, file = "aws:s3/bucketAcl:BucketAcl", tmp_path / f"{name}.json"
        steps = [
            {
                "op": "create",
                "urn": urn(kind, each),
                "newState": {
                    "urn": urn(kind, each),
                    "type": kind,
                    "custom": True,
                    "inputs": {"acl": acl if each == "open" else "private", "bucket": each},
                },
            }
            for each in ("open", *more)
        ]
        file.write_text(json.dumps({"steps": steps}))
        return file

    closed, opened = write("closed", "private"), write("opened", "public-read")
    assert review("--preview", opened, "--against", closed).exit_code == 1
    later = review("--preview", write("later", "public-read", "more"), "--against", opened, "--json")
    assert later.exit_code == 0, later.output
    stood = [each for each in json.loads(later.stdout)["findings"] if each["stood"]]
    assert "aws-s3-no-public-acl" in {each["rule"] for each in stood}


def test_what_an_engine_says_stands_is_enough(tmp_path: Path) -> None:
    file, comment = STRANGERS / "static_site.json", tmp_path / "comment.md"
    done = review(
        "--preview",
        file,
        "--against",
        "state",
        "--json",
        "--markdown",
        comment,
        "--sarif",
        tmp_path / "f.sarif",
    )
    written = json.loads(done.stdout)
    assert (written["against"], written["counts"]["delete"]) == ("what stands", 1)
    assert {each["knownBy"] for each in written["changes"]} == {"the engine's own preview"}
    assert comment.read_text().startswith("<!-- isthmus-review: prod -->\n")
    assert json.loads((tmp_path / "f.sarif").read_text())["version"] == "2.1.0"


HOSTILE = ["[red]x[/red]", "\x1b[2J\x07", "<script>alert(1)</script>", "x" * 1500, "`|` @all"]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_text_everywhere(name: str, tmp_path: Path) -> None:
    state = {
        "urn": urn("aws:ec2/eip:Eip", name),
        "type": "aws:ec2/eip:Eip",
        "custom": True,
        "inputs": {name: name},
    }
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    for file, inputs in ((one, {name: name}), (two, {name: f"{name}2"})):
        step = {"op": "create", "urn": state["urn"], "newState": {**state, "inputs": inputs}}
        file.write_text(json.dumps({"steps": [step]}))
    done = review(
        "--preview", two, "--against", one, "--markdown", tmp_path / "c.md", "--html", tmp_path / "p.html"
    )
    assert done.exit_code in (0, 1), done.output
    assert "\x1b" not in done.output + (tmp_path / "c.md").read_text()
    assert "<script" not in (tmp_path / "p.html").read_text()


def deep() -> str:
    inputs: Any = 1
    for _ in range(900):
        inputs = {"a": inputs}
    state = {"urn": urn("t:t:T", "n"), "type": "t:t:T", "custom": True, "inputs": {"a": inputs}}
    return json.dumps({"steps": [{"op": "create", "urn": state["urn"], "newState": state}]})


@pytest.mark.parametrize("content", ["{}", "[]", "<html>", '{"steps": []}', '{"steps": [{"op": "create"}]}'])
def test_what_is_no_preview_is_status_2_and_writes_nothing(content: str, tmp_path: Path) -> None:
    bad, comment = tmp_path / "bad.json", tmp_path / "c.md"
    bad.write_text(content)
    good = STRANGERS / "static_site.json"
    for arguments in (("--preview", bad, "--against", good), ("--preview", good, "--against", bad)):
        done = review(*arguments, "--markdown", comment)
        assert isinstance(done.exception, CannotJudge), done.output
        assert done.exception.exit_status == 2
        assert not comment.exists()


def test_depth_ends_in_a_verdict_or_a_sentence(tmp_path: Path) -> None:
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    one.write_text(deep())
    two.write_text(deep().replace(": 1}", ": 2}"))
    done = review("--preview", two, "--against", one)
    assert done.exception is None or isinstance(done.exception, (CannotJudge, SystemExit)), done.exception


def test_a_file_alone_is_held_against_nothing() -> None:
    done = review("prod", "--against", STRANGERS / "static_site.json")
    assert isinstance(done.exception, CannotJudge)
    assert "give --preview too" in str(done.exception)
