"""Small previews for tests of changes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from infra.review.change.cause import Written
from infra.review.change.compare import Replaces, compare, no_schema
from infra.review.preview import Preview, read
from infra.review.verdict import Verdict, verdict
from infra.settings.budget import BudgetSettings
from infra.settings.cost import CostSettings

LATER = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
VPC, SUBNET, GROUP = "aws:ec2/vpc:Vpc", "aws:ec2/subnet:Subnet", "aws:eks/nodeGroup:NodeGroup"
BUCKET = "aws:s3/bucket:Bucket"


def urn(kind: str, name: str) -> str:
    return f"urn:pulumi:s::p::{kind}::{name}"


def state(kind: str, name: str, inputs: Mapping[str, Any] | None = None, **rest: Any) -> dict[str, Any]:
    """What a preview says of a resource; ``depends`` names an input's sources."""
    depends = {"propertyDependencies": rest.pop("depends")} if "depends" in rest else {}
    return {
        "urn": urn(kind, name),
        "type": kind,
        "custom": True,
        "inputs": dict(inputs or {}),
        **depends,
        **rest,
    }


def preview(*states: Mapping[str, Any], region: str = "eu-west-1") -> Preview:
    """A preview in which all of these would be made."""
    steps = [{"op": "create", "urn": each["urn"], "newState": each} for each in states]
    return read(json.dumps({"steps": steps, "config": {"aws:region": region}}), "a preview")


def by_keys(**forced: str) -> Replaces:
    """A schema of one type whose named inputs force a replacement: ``by_keys(type, vpcId="")``."""

    def replaces(_: str, paths: frozenset[str]) -> frozenset[str]:
        return frozenset(path for path in paths if path.partition(".")[0].partition("[")[0] in forced)

    return replaces


def judged(
    before: Preview,
    after: Preview,
    replaces: Replaces = no_schema,
    *,
    budget: BudgetSettings | None = None,
    cost: CostSettings | None = None,
    **rest: Any,
) -> Verdict:
    """The verdict on two previews."""
    return verdict(
        before,
        after,
        compare(before, after, replaces),
        against="main",
        cost_settings=cost or CostSettings(),
        budget=budget or BudgetSettings(),
        written=rest.pop("written", Written()),
        **rest,
    )
