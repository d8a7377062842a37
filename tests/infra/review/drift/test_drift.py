"""Drift is sorted by what it means, shown as text, and told who moved it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from infra.policy.findings import findings
from infra.review.drift.drift import Drift, drift
from infra.review.drift.movers import movers
from infra.review.drift.show import headline, markdown, plain
from infra.review.errors import CannotJudge
from infra.review.finding import new_alone
from infra.review.preview import Preview, read
from infra.settings.cost import CostSettings
from isthmus.cli.main import app
from tests.infra.review.changes import BUCKET, GROUP, VPC, state

STACK = {"urn": "urn:pulumi:s::p::pulumi:pulumi:Stack::p-s", "type": "pulumi:pulumi:Stack", "custom": False}
TOP = {"op": "refresh", "urn": STACK["urn"], "oldState": STACK, "newState": STACK}
KEY, ACL = "aws:ec2/securityGroupRule:SecurityGroupRule", "aws:s3/bucketAcl:BucketAcl"


def step(
    kind: str, name: str, before: Mapping[str, Any], after: Mapping[str, Any] | None, **rest: Any
) -> Any:
    old = state(kind, name, before, **rest)
    if after is None:
        return {"op": "delete", "urn": old["urn"], "oldState": old}
    op = "refresh" if before == after else "update"
    return {"op": op, "urn": old["urn"], "oldState": old, "newState": state(kind, name, after, **rest)}


def refresh(*steps: Any) -> Preview:
    return read(json.dumps({"config": {"aws:region": "eu-west-1"}, "steps": [TOP, *steps]}), "a refresh")


def found(*steps: Any) -> Drift:
    asked = refresh(*steps)
    sides = (Preview("s", {}, side, asked.config) for side in (asked.before, asked.after))
    before, after = map(findings, sides)
    return drift(asked, CostSettings(), [each for each in new_alone(after, before) if each.refuses])


def nodes(most: int) -> dict[str, Any]:
    scaling = {"minSize": 1, "maxSize": most, "desiredSize": 1}
    return {"instanceTypes": ["m7i.large"], "scalingConfig": scaling}


@pytest.mark.parametrize(
    ("kind", "before", "after", "sort"),
    [
        (BUCKET, {"bucket": "b"}, None, "data"),
        (BUCKET, {"forceDestroy": False}, {"forceDestroy": True}, "data"),
        (BUCKET, {"tags": {"a": "1"}}, {"tags": {"a": "2"}}, "harmless"),
        (ACL, {"acl": "private"}, {"acl": "public-read"}, "security"),
        (KEY, {"toPort": 443}, {"toPort": 22}, "security"),
        (KEY, {"toPort": 443}, None, "security"),
        ("kubernetes:networking.k8s.io/v1:NetworkPolicy", {}, None, "security"),
        (GROUP, nodes(2), nodes(9), "cost"),
        (VPC, {"enableDnsHostnames": True}, {"enableDnsHostnames": False}, "harmless"),
    ],
)
def test_what_moved_is_sorted_by_what_it_means(
    kind: str, before: dict[str, Any], after: dict[str, Any] | None, sort: str
) -> None:
    (moved,) = found(step(kind, "one", before, after), step(VPC, "two", {}, {})).moved
    assert (moved.sort, moved.change.urn.rsplit("::", 1)[1]) == (sort, "one")


def test_what_stays_and_what_is_left_to_the_cloud_is_no_drift() -> None:
    size = {"scalingConfig": {"desiredSize": 1}}
    grown = {"scalingConfig": {"desiredSize": 3}}
    same = found(
        step(VPC, "v", {"cidrBlock": "10.0.0.0/16"}, {"cidrBlock": "10.0.0.0/16"}),
        step(GROUP, "g", size, grown, ignoreChanges=["scalingConfig.desiredSize"]),
    )
    assert not same.moved
    assert not same.matters
    assert headline(same) == "nothing moved: 2 resources stand as the state says"


def test_a_rule_that_is_broken_since_is_named() -> None:
    (moved,) = found(step(ACL, "one", {"acl": "private"}, {"acl": "public-read"})).moved
    assert "aws-s3-no-public-acl" in {each.rule for each in moved.breaks}
    assert "aws-s3-no-public-acl" in markdown(
        found(step(ACL, "one", {"acl": "private"}, {"acl": "public-read"}))
    )


def test_the_issue_is_text_and_fits() -> None:
    hostile = "<img src=x> `a` | @all <!-- isthmus-drift: other -->"
    steps = [
        step(BUCKET, f"{hostile}{n}", {"tags": {"a": hostile}}, {"tags": {"a": hostile * 9}})
        for n in range(700)
    ]
    text = markdown(found(*steps))
    assert len(text.encode()) <= 65_536
    assert text.startswith("<!-- isthmus-drift: s -->\n## Drift of `s`: 700 of 700 resources moved")
    assert "more, in the JSON of this run" in text


def test_the_preview_of_an_up_is_refused() -> None:
    made = state(VPC, "v")
    up = read(json.dumps({"steps": [{"op": "create", "urn": made["urn"], "newState": made}]}), "an up")
    with pytest.raises(CannotJudge, match="no refresh"):
        drift(up, CostSettings())


class Recorded:
    """CloudTrail's answers, in the shape that botocore's model gives them."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def lookup_events(self, **asked: Any) -> Mapping[str, Any]:
        (attribute,) = asked["LookupAttributes"]
        assert attribute["AttributeKey"] == "ResourceName"
        self.asked.append(attribute["AttributeValue"])
        if attribute["AttributeValue"] != "b":
            return {"Events": []}
        who = {"userIdentity": {"arn": "arn:aws:iam::111111111111:user/ada"}}
        reads = {"EventName": "GetBucketAcl", "ReadOnly": "true", "EventTime": "today"}
        wrote = {"EventName": "PutBucketAcl", "ReadOnly": "false", "EventTime": "2026-11-27 03:00:00+00:00"}
        return {"Events": [reads, {**wrote, "CloudTrailEvent": json.dumps(who)}]}


def test_who_moved_it_is_told_where_the_trail_says() -> None:
    asked = refresh(
        step(ACL, "one", {"acl": "private", "bucket": "b"}, {"acl": "public-read", "bucket": "b"}),
        step(VPC, "two", {"tags": {"a": "1"}, "name": "v"}, {"tags": {"a": "2"}, "name": "v"}),
        step("kubernetes:core/v1:Secret", "three", {"a": 1}, {"a": 2}),
    )
    moved = drift(asked, CostSettings()).moved
    trail, waited = Recorded(), list[float]()
    known = movers(trail, [each.change.resource for each in moved], waited.append)
    assert trail.asked == ["b", "v"]
    assert len(waited) == 1
    (first, *others) = drift(asked, CostSettings(), (), known).moved
    assert first.mover is not None
    assert (first.mover.who, first.mover.what) == ("arn:aws:iam::111111111111:user/ada", "PutBucketAcl")
    assert not any(each.mover for each in others)
    assert plain(drift(asked, CostSettings(), (), known))["moved"][0]["by"]["what"] == "PutBucketAcl"


def test_the_command_reads_a_refresh_and_ends_with_1_where_it_matters(tmp_path: Path) -> None:
    file, issue = tmp_path / "refresh.json", tmp_path / "issue.md"

    def run(*steps: Any) -> Any:
        file.write_text(json.dumps({"config": {}, "steps": [TOP, *steps]}))
        arguments = ["drift", "dev", "--from", str(file), "--json", "--markdown", str(issue)]
        return CliRunner().invoke(app, arguments)

    done = run(step(KEY, "one", {"toPort": 443}, {"toPort": 22}))
    assert done.exit_code == 1, done.output
    assert json.loads(done.stdout)["counts"] == {"data": 0, "security": 1, "cost": 0, "harmless": 0}
    assert issue.read_text().startswith("<!-- isthmus-drift: s -->")
    assert run(step(BUCKET, "b", {"tags": {"a": "1"}}, {"tags": {"a": "2"}})).exit_code == 0
    file.write_text("{}")
    refused = CliRunner().invoke(app, ["drift", "dev", "--from", str(file)])
    assert isinstance(refused.exception, CannotJudge)
