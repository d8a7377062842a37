"""What is said and done about each open operation; the clouds answer from a table."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from infra.recovery import recover as module
from infra.recovery.questions import Cli, Unanswered
from infra.recovery.recover import NeedsHand, recover

VPC = "aws:ec2/vpc:Vpc"
LOGS = "aws:cloudwatch/logGroup:LogGroup"
RULE = "openstack:networking/secGroupRule:SecGroupRule"


def urn(type: str, name: str = "it") -> str:
    return f"urn:pulumi:s::p::{type}::{name}"


def resource(type: str, inputs: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {"urn": urn(type), "type": type, "custom": True, "inputs": dict(inputs or {}), **more}


class Cloud:
    """A state, and a cloud that holds some ids."""

    def __init__(self, resources: Sequence[dict[str, Any]], left: Sequence[tuple[str, dict[str, Any]]]):
        operations = [{"type": kind, "resource": one} for kind, one in left]
        self.state: dict[str, Any] = {"resources": list(resources), "pending_operations": operations}
        self.holds: set[str] = set()
        self.said: list[str] = []
        self.cli = Cli({})

    def export(self, stack: str, *, show_secrets: bool = False) -> dict[str, Any]:
        return {"deployment": copy.deepcopy(self.state)}

    def take(self, stack: str, deployment: Mapping[str, Any]) -> None:
        self.state = deployment["deployment"]

    def read_anew(self, stack: str, urns: Sequence[str]) -> None:
        self.state["resources"] = [
            one for one in self.state["resources"] if one["urn"] not in urns or one["id"] in self.holds
        ]

    @property
    def ids(self) -> list[str]:
        return [one["id"] for one in self.state["resources"]]


def answer(monkeypatch: pytest.MonkeyPatch, *ids: str) -> None:
    monkeypatch.setattr(module, "ask", lambda cli, providers, questions: [list(ids) for _ in questions])


VPC_INPUTS = {"tags": {"Name": "net"}}


def test_nothing_left_is_nothing_done() -> None:
    cloud = Cloud([], [])
    assert recover(cloud, "s", cloud.said.append) == 0
    assert cloud.said == []


@pytest.mark.parametrize("there", [True, False])
def test_what_has_a_name_is_read_by_it(there: bool) -> None:
    cloud = Cloud([], [("creating", resource(LOGS, {"name": "/logs"}))])
    cloud.holds = {"/logs"} if there else set()
    assert recover(cloud, "s", cloud.said.append) == 1
    assert cloud.ids == (["/logs"] if there else [])
    said = (
        "is in the cloud as /logs: taken into the state"
        if there
        else "is not in the cloud: the next up makes it"
    )
    assert cloud.said == [f"it ({LOGS}) {said}."]
    assert cloud.state["pending_operations"] == []


def test_what_it_replaces_is_not_taken_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = Cloud([resource(VPC, VPC_INPUTS, id="vpc-1")], [("creating", resource(VPC, VPC_INPUTS))])
    answer(monkeypatch, "vpc-1")
    recover(cloud, "s", cloud.said.append)
    assert cloud.ids == ["vpc-1"]
    assert cloud.said == [f"it ({VPC}) is not in the cloud: the next up makes it."]


def test_two_that_look_alike_are_a_persons_to_tell_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = Cloud([], [("creating", resource(VPC, VPC_INPUTS))])
    answer(monkeypatch, "vpc-1", "vpc-2")
    with pytest.raises(NeedsHand, match=r"finds vpc-1, vpc-2"):
        recover(cloud, "s", cloud.said.append)
    cloud.holds = {"vpc-2"}
    recover(cloud, "s", cloud.said.append, lambda one: ["vpc-2"])
    assert cloud.ids == ["vpc-2"]


@pytest.mark.parametrize("told", [["rule-1"], []])
def test_what_nothing_can_look_up_stops_it_before_it_changes_anything(told: list[str]) -> None:
    rule = resource(RULE, {"securityGroupId": "group-1"})
    cloud = Cloud([], [("creating", rule), ("creating", resource(LOGS, {"name": "/logs"}))])
    before = copy.deepcopy(cloud.state)
    with pytest.raises(NeedsHand, match="openstack security group rule list group-1 --long"):
        recover(cloud, "s", cloud.said.append)
    assert cloud.state == before
    cloud.holds = {"rule-1", "/logs"}
    recover(cloud, "s", cloud.said.append, lambda one: told)
    assert cloud.ids == [*told, "/logs"] or sorted(cloud.ids) == sorted([*told, "/logs"])


def test_a_provider_that_does_not_answer_stops_it_before_it_changes_anything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cloud = Cloud([], [("creating", resource(VPC, VPC_INPUTS))])
    before = copy.deepcopy(cloud.state)

    def refuse(*_: object) -> list[list[str]]:
        raise Unanswered("no credentials")

    monkeypatch.setattr(module, "ask", refuse)
    with pytest.raises(Unanswered):
        recover(cloud, "s", cloud.said.append)
    assert cloud.state == before


def test_what_was_changed_or_deleted_is_read_anew() -> None:
    gone, changed = resource(LOGS, id="/gone"), {**resource(LOGS, id="/logs"), "urn": urn(LOGS, "other")}
    cloud = Cloud([gone, changed], [("deleting", gone), ("updating", changed)])
    cloud.holds = {"/logs"}
    assert recover(cloud, "s", cloud.said.append) == 2
    assert cloud.ids == ["/logs"]
    assert cloud.said == [
        f"it ({LOGS}) was deleting: gone.",
        f"other ({LOGS}) was updating: as it is in the cloud.",
    ]
