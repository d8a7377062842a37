"""``isthmus destroy``, ``backup``, ``restore``: nothing goes without its name, a refusal is a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from infra.teardown import state
from infra.teardown.leftover import Leftover
from infra.teardown.teardown import Plan, TeardownRefused, plan, tear_down
from isthmus.cli.commands.destroy import _agreed
from isthmus.cli.errors import CommandError
from isthmus.cli.main import app
from tests.infra.doctor.test_run import without_aws

EKS, BUCKET = "aws:eks/cluster:Cluster", "aws:s3/bucket:Bucket"


def urn(kind: str, name: str) -> str:
    return f"urn:pulumi:prod::isthmus::{kind}::{name}"


CLUSTER = {
    "urn": urn(EKS, "cluster"),
    "type": EKS,
    "id": "isthmus-prod-aws",
    "protect": True,
    "inputs": {"deletionProtection": True},
    "outputs": {"deletionProtection": True},
}
NETWORK = {"urn": urn("aws:ec2/vpc:Vpc", "vpc"), "type": "aws:ec2/vpc:Vpc", "id": "vpc-1", "inputs": {}}


class Engine:
    """Says what it was asked to do."""

    def __init__(self, asked: list[Any], *resources: Mapping[str, Any]) -> None:
        self.asked = asked
        self.deployment: dict[str, Any] = {"resources": list(resources)}

    def export(self, stack: str, *, show_secrets: bool = False) -> dict[str, Any]:
        return {"version": 3, "deployment": self.deployment}

    def take(self, stack: str, deployment: Mapping[str, Any]) -> None:
        self.deployment = dict(deployment["deployment"])
        self.asked.append("unprotected" if not state.protected(self.deployment) else "taken")

    def end(self, stack: str, targets: Sequence[str]) -> None:
        self.asked.append([each.rpartition("::")[2] for each in targets] or "all")


class Clouds:
    """An EKS that is told, and empty stores."""

    def __init__(self, asked: list[Any]) -> None:
        self.asked = asked

    def aws(self, service: str) -> Any:
        return self

    def openstack(self) -> Any:
        return self

    def update_cluster_config(self, **given: Any) -> None:
        self.asked.append(given)


def test_the_clusters_end_first_then_what_they_left_and_networks_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Any] = []

    def delete() -> None:
        asked.append("vol-1")
        left.clear()

    left = [Leftover("aws", "volume", "vol-1", "pvc-1", delete)]
    monkeypatch.setattr("infra.teardown.aws.leftovers", lambda *_: iter(list(left)))
    engine, clouds = Engine(asked, CLUSTER, NETWORK), Clouds(asked)
    found = plan(engine, clouds, "prod")
    assert found.protected == ["cluster"]
    assert [str(each) for each in found.leftovers] == ["aws: volume vol-1 for pvc-1"]
    tear_down(engine, clouds, found, lambda _: None)
    assert asked == [
        {"name": "isthmus-prod-aws", "deletionProtection": False},
        "unprotected",
        ["cluster"],
        "vol-1",
        "all",
    ]
    (cluster, _) = engine.deployment["resources"]
    assert not cluster["inputs"]["deletionProtection"]


def test_networks_stay_while_something_of_a_cluster_does(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def refuse() -> None:
        raise RuntimeError("in use")

    monkeypatch.setattr(
        "infra.teardown.aws.leftovers", lambda *_: iter([Leftover("aws", "volume", "vol-1", "", refuse)])
    )
    engine, clouds = Engine(asked, CLUSTER, NETWORK), Clouds(asked)
    with pytest.raises(TeardownRefused, match=r"aws: volume vol-1 \(in use\)"):
        tear_down(engine, clouds, plan(engine, clouds, "prod"), lambda _: None)
    assert "all" not in asked


def test_a_store_that_keeps_its_objects_stops_it_before_anything_is_touched() -> None:
    asked: list[Any] = []
    full = Plan("prod", {"resources": [CLUSTER]}, (), ("bucket isthmus-prod-releases",))
    with pytest.raises(TeardownRefused, match=r"bucket isthmus-prod-releases .*keep_objects"):
        tear_down(Engine(asked), Clouds(asked), full, lambda _: None)
    assert asked == []


def test_an_up_that_was_killed_is_recovered_first() -> None:
    engine = Engine([], CLUSTER)
    engine.deployment["pending_operations"] = [{"type": "creating"}]
    with pytest.raises(TeardownRefused, match="isthmus recover prod"):
        plan(engine, Clouds([]), "prod")


def test_it_takes_the_stacks_name() -> None:
    _agreed("prod", "prod")
    for name in ("", "staging", "yes"):
        with pytest.raises(CommandError, match="--yes-destroy prod"):
            _agreed("prod", name)


@pytest.mark.parametrize(
    "arguments",
    [["destroy", "prod", "--yes-destroy", "prod"], ["backup", "prod", "there"], ["restore", "prod", "x"]],
)
def test_without_credentials_it_is_one_sentence(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    without_aws(monkeypatch)
    told = CliRunner().invoke(app, arguments)
    assert told.exit_code == 1
    assert "no AWS credentials: sign in" in str(told.exception)
