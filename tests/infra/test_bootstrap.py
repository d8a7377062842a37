"""What the bootstrap makes in an account, and what it says that it cannot."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from infra.bootstrap.__main__ import account
from infra.bootstrap.ci import ESTATES_ROLES, looks, makes_roles
from infra.doctor import CHECKS
from infra.doctor.aws.state_bucket import bucket_name
from infra.policy.judge import judge
from infra.policy.rules import RULES
from infra.policy.stack import Stack
from infra.settings.secrets_provider import KEY
from infra.settings.stack_file import read_stack_file
from isthmus.cli.commands.bootstrap import without_key
from isthmus.cli.main import app
from tests.infra.policy.cases.made import made as declare
from tests.infra.recorded import ROOT, Estate, changed_settings, estate_of, record

GITHUB = {"repository": "shop/isthmus"}
GITLAB = {"kind": "gitlab", "issuer": "https://gitlab.example.org", "repository": "shop/team/isthmus"}


def made(ci: dict[str, Any] | None, **more: object) -> Estate:
    changes = {f"deploy.{key}": value for key, value in more.items()}
    settings = changed_settings("prod", changes | ({"deploy.ci": ci} if ci else {}))
    return record(lambda: account(settings), "prod")


def trusted(found: Estate, part: str) -> dict[str, Any]:
    role = found.one("aws:iam/role:Role", f"bootstrap-ci-{part}")
    (statement,) = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
    return dict(statement["Condition"])


def test_bucket_and_key_are_those_that_the_stack_file_and_the_doctor_name() -> None:
    found = made(None)
    bucket = found.one("aws:s3/bucket:Bucket", "isthmus-prod-state")
    assert bucket.inputs["bucket"] == bucket_name(changed_settings("prod", {}), {})
    (alias,) = found.of("aws:kms/alias:Alias")
    said = read_stack_file(ROOT / "stacks" / "Pulumi.prod.yaml", "prod").rest[KEY]
    assert said == f"awskms://{alias.inputs['name']}?region=eu-west-1"
    versions = found.one("aws:s3/bucketVersioning:BucketVersioning", "isthmus-prod-state")
    assert versions.inputs["versioningConfiguration"] == {"status": "Enabled"}
    for kind in ("PublicAccessBlock", "ServerSideEncryptionConfiguration", "Policy"):
        assert len(found.of(f"aws:s3/bucket{kind}:Bucket{kind}")) == 3, kind
    assert not found.of("aws:iam/role:Role")


def test_one_environment_only_looks_and_another_brings_up() -> None:
    found = made(GITHUB)
    host = "token.actions.githubusercontent.com"
    assert trusted(found, "preview")["StringEquals"] == {
        f"{host}:aud": "sts.amazonaws.com",
        f"{host}:sub": "repo:shop/isthmus:environment:prod-plan",
    }
    assert trusted(found, "deploy")["StringEquals"][f"{host}:sub"] == "repo:shop/isthmus:environment:prod"
    attached = {
        each.name.rpartition("-")[2]: each.inputs["policyArn"].rpartition("/")[2]
        for each in found.of("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
    }
    assert attached == {"preview": "ReadOnlyAccess", "deploy": "PowerUserAccess"}


def test_gitlab_has_its_own_audience_and_its_protected_branch() -> None:
    found = made(GITLAB)
    expected = {
        "gitlab.example.org:aud": "https://gitlab.example.org",
        "gitlab.example.org:sub": "project_path:shop/team/isthmus:ref_type:branch:ref:main",
    }
    for part in ("preview", "deploy"):
        assert trusted(found, part) == {"StringEquals": expected}


def test_who_looks_reads_no_orders_and_who_brings_up_changes_no_role_of_ci() -> None:
    bucket = "arn:aws:s3:::isthmus-prod-333333333333"
    *_, denied = looks(f"{bucket}-state", "arn:key")["Statement"]
    assert denied["Effect"] == "Deny"
    assert denied["NotResource"] == f"{bucket}-state/*"
    *_, denied = makes_roles("333333333333")["Statement"]
    assert denied["Effect"] == "Deny"
    assert "iam:PutRolePolicy" in denied["Action"]
    assert "arn:aws:iam::333333333333:role/isthmus-deploy" in denied["Resource"]


def test_a_trail_of_all_regions_writes_into_a_bucket_that_takes_nothing_back() -> None:
    found = made(GITHUB)
    (trail,) = found.of("aws:cloudtrail/trail:Trail")
    wanted = ("isMultiRegionTrail", "enableLogFileValidation", "includeGlobalServiceEvents", "enableLogging")
    assert all(trail.inputs[key] is True for key in wanted)
    assert "Key/isthmus-prod-trail" in trail.inputs["kmsKeyId"]
    bucket = found.one("aws:s3/bucket:Bucket", "isthmus-prod-trail")
    (lock,) = found.of("aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration")
    assert lock.inputs["rule"]["defaultRetention"] == {"mode": "GOVERNANCE", "days": 365}
    (expires,) = [
        rule["expiration"]["days"]
        for rule in found.one(
            "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", bucket.name
        ).inputs["rules"]
        if "expiration" in rule
    ]
    assert expires > 365
    assert not made(GITHUB, trail=False).of("aws:cloudtrail/trail:Trail")


def test_only_the_trail_itself_uses_its_bucket_and_its_key() -> None:
    found = made(GITHUB)
    arn = "arn:aws:cloudtrail:eu-west-1:333333333333:trail/isthmus-prod-trail"
    policies = [
        found.one("aws:s3/bucketPolicy:BucketPolicy", "isthmus-prod-trail").inputs["policy"],
        found.one("aws:kms/key:Key", "isthmus-prod-trail").inputs["policy"],
    ]
    for policy in policies:
        services = [
            each for each in json.loads(policy)["Statement"] if "Service" in each.get("Principal", {})
        ]
        assert len(services) == 2
        assert all(each["Condition"]["StringEquals"]["aws:SourceArn"] == arn for each in services)


def test_who_brings_up_ends_no_trail_and_takes_nothing_of_what_it_wrote() -> None:
    found = made(GITHUB)
    rights = json.loads(found.one("aws:iam/rolePolicy:RolePolicy", "bootstrap-ci-deploy").inputs["policy"])
    denied = {
        action: each["Resource"]
        for each in rights["Statement"]
        if each["Effect"] == "Deny"
        for action in each["Action"]
    }
    assert denied["cloudtrail:StopLogging"].endswith(":trail/isthmus-prod-trail")
    assert denied["s3:BypassGovernanceRetention"] == "arn:aws:s3:::isthmus-prod-333333333333-trail/*"
    assert "s3:PutBucketPolicy" in denied


def test_the_tags_of_the_bill_are_activated_where_that_is_asked_for_and_stay_so() -> None:
    kind = "aws:costexplorer/costAllocationTag:CostAllocationTag"
    assert not made(None).of(kind)
    tags = made(None, cost_tags=True).of(kind)
    assert {each.inputs["tagKey"] for each in tags} == {"project", "environment", "owner", "component"}
    assert {each.inputs["status"] for each in tags} == {"Active"}


def with_arns(inputs: dict[str, Any]) -> dict[str, Any]:
    """As AWS writes the ARN of a key, which the mocks make up."""
    key = f"arn:aws:kms:eu-west-1:333333333333:key/{'1' * 36}"
    return dict(json.loads(re.sub(r"arn:aws:mock::Key/[a-z-]+", key, json.dumps(inputs))))


def test_ci_may_make_every_role_of_the_estate() -> None:
    named = [role.name for role in estate_of("prod").of("aws:iam/role:Role")]
    assert all(name.startswith(ESTATES_ROLES) for name in named), named


def test_the_policy_refuses_one_thing_of_it_which_the_page_tells() -> None:
    declared = [
        replace(declare(each.type, each.name, **with_arns(each.inputs)), protected=True)
        for each in made(GITHUB, cost_tags=True).resources
        if each.custom and each.type.startswith("aws:")
    ]
    # Tags are the provider's.
    rules = [rule for rule in RULES if not rule.name.startswith("finops-")]
    judged = judge(Stack("prod", {each.urn: each for each in declared}), rules)
    found = {(each.rule.name, each.resource.name) for each in judged if each.refuses}
    assert found == {("aws-iam-no-broad-managed-policy", "bootstrap-ci-deploy")}
    assert "PowerUserAccess" in (ROOT / "docs" / "deploy.md").read_text()


def test_it_says_what_it_cannot_make() -> None:
    told = CliRunner().invoke(app, ["bootstrap", "prod", "--list"])
    assert told.exit_code == 0, told.output
    for check in CHECKS:
        assert ("isthmus bootstrap" in check.obtained) != (f"  {check.name} ({check.site}): " in told.output)
    for part in ("a trail of all regions", "the tags of the bill", "--unrestricted", "GPUs"):
        assert part in told.output


def test_its_copy_of_the_stack_file_names_no_key_that_is_not_there_yet(tmp_path: Path) -> None:
    copy = without_key(ROOT / "stacks" / "Pulumi.prod.yaml", tmp_path / "b" / "Pulumi.prod.yaml")
    read = read_stack_file(copy, "copy")
    assert KEY not in read.rest
    assert read.config == read_stack_file(ROOT / "stacks" / "Pulumi.prod.yaml", "prod").config


@pytest.mark.parametrize("stack", ["local", "nowhere"])
def test_a_stack_of_no_cloud_is_refused(stack: str) -> None:
    told = CliRunner().invoke(app, ["bootstrap", stack])
    assert f"there is no stack {stack} of a cloud; those there are: dev, prod, staging" in str(told.exception)
