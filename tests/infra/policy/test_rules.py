"""Each rule passes a stack that keeps it, and names the resource that breaks it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date

import pytest

from infra.policy.judge import judge
from infra.policy.rule import SEVERITIES, Rule
from infra.policy.rules import RULES
from infra.policy.stack import Stack
from infra.review.resource import Resource
from tests.infra.policy.cases import aws_data, aws_rest, both, kubernetes, private
from tests.infra.policy.cases.made import Case, made

TODAY = date(2026, 11, 28)
CASES: dict[str, Case] = {
    **aws_data.CASES,
    **aws_rest.CASES,
    **private.CASES,
    **kubernetes.CASES,
    **both.CASES,
}
ELSEWHERE = {"estate-policy-exceptions-hold"}
"""Tested with the exceptions themselves."""
BY_NAME = {rule.name: rule for rule in RULES}


def broken(rule: Rule, resources: list[Resource], name: str = "s") -> list[str]:
    stack = Stack(name, {each.urn: each for each in resources}, today=TODAY)
    assert len(stack.resources) == len(resources)
    return [breach.resource.name for breach in judge(stack, [rule])]


def test_every_rule_has_a_case() -> None:
    assert CASES.keys() | ELSEWHERE == BY_NAME.keys()


@pytest.mark.parametrize("name", CASES)
def test_a_rule_passes_what_keeps_it_and_names_what_breaks_it(name: str) -> None:
    rule, case = BY_NAME[name], CASES[name]
    assert broken(rule, list(case.good), case.stack) == []
    assert {*broken(rule, list(case.bad), case.stack)} == {case.at}


DEPLOYMENT, ROLLOUT = "kubernetes:apps/v1:Deployment", "kubernetes:argoproj.io/v1alpha1:Rollout"


@pytest.mark.parametrize(
    "name", [name for name, case in CASES.items() if any(each.type == DEPLOYMENT for each in case.bad)]
)
def test_what_breaks_a_rule_as_a_deployment_breaks_it_as_a_rollout(name: str) -> None:
    rule, case = BY_NAME[name], CASES[name]
    bad = [
        replace(each, type=ROLLOUT, urn=each.urn.replace(DEPLOYMENT, ROLLOUT))
        if each.type == DEPLOYMENT
        else each
        for each in case.bad
    ]
    assert {*broken(rule, bad, case.stack)} == {case.at}


def test_rules_are_told_in_full() -> None:
    assert len(RULES) >= 60
    assert max(Counter(rule.name for rule in RULES).values()) == 1
    assert {rule.domain for rule in RULES} == {"AWS", "OpenStack", "Kubernetes", "FinOps", "Estate"}
    for rule in RULES:
        assert rule.severity in SEVERITIES
        for text in (rule.title, rule.reason, rule.remedy):
            assert text.strip() == text, rule.name
            assert len(text) > 10, rule.name
            assert not text.endswith("."), rule.name
        assert (rule.of_resource is None) == (rule.types is None) == (rule.of_stack is not None)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_inputs_of_any_shape_break_no_rule_itself(rule: Rule) -> None:
    """What others wrote may be anything: a rule says yes or no, and never raises."""
    odd = [None, "", "x", 7, True, [], [None, 1, "x"], {"a": None}, {"Statement": "x"}, {"rules": [1]}]
    keys = {
        *(
            "policy",
            "spec",
            "metadata",
            "rules",
            "tags",
            "labels",
            "ingress",
            "vpcConfig",
            "assumeRolePolicy",
        ),
        *(
            "blockDeviceMappings",
            "scalingConfig",
            "instanceTypes",
            "securityGroups",
            "rootBlockDevice",
            "cidr",
        ),
        *(
            "metadataOptions",
            "tagSpecifications",
            "notifications",
            "bucket",
            "lifetimes",
            "roleRef",
            "version",
        ),
    }
    kinds = rule.types or {
        "aws:s3/bucket:Bucket",
        "aws:eks/cluster:Cluster",
        "aws:eks/nodeGroup:NodeGroup",
        "kubernetes:apps/v1:Deployment",
        "kubernetes:core/v1:Namespace",
        "openstack:networking/subnet:Subnet",
        "openstack:vpnaas/ikePolicy:IkePolicy",
        "aws:ec2/vpnConnection:VpnConnection",
    }
    for kind in sorted(kinds):
        for value in odd:
            broken(
                rule,
                [Resource(f"urn:pulumi:s::p::{kind}::it", kind, "create", inputs=dict.fromkeys(keys, value))],
            )


def test_a_private_pool_is_the_group_that_the_drivers_label_names() -> None:
    label = {"capi.stackhpc.com/node-group": "serving"}
    pods = both.workload("magnum", replicas=4, **both.ROLLING)
    pods.inputs["spec"]["template"]["spec"]["nodeSelector"] = label

    def fits(most: int, named: str) -> list[str]:
        group = made(both.PRIVATE_NODES, named, name=named, flavorId="g1.l4", maxNodeCount=most)
        return broken(BY_NAME["estate-rollout-fits"], [*both.PRIVATE, pods, group])

    assert fits(5, "serving") == []
    assert fits(4, "serving") == ["it"]
    # Of another group nothing can be said.
    assert fits(1, "other") == []
