"""The operator's objects fit its own schema, say what the stack files say, and come one after the other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml
from typer.testing import CliRunner

from infra.pins import KUBERNETES_VERSION
from isthmus.cli.main import app
from isthmus.operator_stacks import ORDER, NoStacks, text
from tests.gitops.workflows import ROOT

ARGUMENTS = ["--repository", "https://git.example.org/shop/isthmus", "--backend", "s3://shop-state"]
CRD = json.loads(Path(__file__).with_name("stack_crd.json").read_text())["schema"]


@pytest.fixture
def objects(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    monkeypatch.chdir(ROOT)
    done = CliRunner().invoke(app, ["operator", *ARGUMENTS])
    assert done.exit_code == 0, done.output
    return list(yaml.safe_load_all(done.stdout))


def test_stacks_fit_the_operators_schema(objects: list[dict[str, Any]]) -> None:
    stacks = [each for each in objects if each["kind"] == "Stack"]
    assert [each["metadata"]["name"] for each in stacks] == [f"isthmus-{stack}" for stack in ORDER]
    for each in stacks:
        assert each["apiVersion"] == "pulumi.com/v1"
        jsonschema.validate(each["spec"], CRD)
    wrong = {**stacks[0]["spec"], "prerequisite": []}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, CRD)


def test_each_waits_for_the_one_before(objects: list[dict[str, Any]]) -> None:
    stacks = [each["spec"] for each in objects if each["kind"] == "Stack"]
    waits = [[one["name"] for one in each.get("prerequisites", ())] for each in stacks]
    assert waits == [[], ["isthmus-dev"], ["isthmus-staging"]]
    for stack, spec in zip(ORDER, stacks, strict=True):
        file = yaml.safe_load((ROOT / "stacks" / f"Pulumi.{stack}.yaml").read_text())
        assert spec["secretsProvider"] == file["secretsprovider"]
        assert spec["stack"].endswith(f"/{stack}")
        assert spec["destroyOnFinalize"] is False
        assert not any("value" in str(ref.get("secret")) for ref in spec["envRefs"].values())


def test_the_rest_is_what_an_api_server_takes(objects: list[dict[str, Any]]) -> None:
    rest = [each for each in objects if each["kind"] != "Stack"]
    assert len(rest) == 2 * len(ORDER)
    for each in rest:
        kubernetes_validate.validate(each, KUBERNETES_VERSION, strict=True)


def test_without_a_stack_file_there_are_no_objects(tmp_path: Path) -> None:
    with pytest.raises(NoStacks, match=r"There is no .*Pulumi\.dev\.yaml"):
        text(tmp_path, repository="r", branch="main", backend="b", namespace="n")
