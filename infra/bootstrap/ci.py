"""Two roles for CI, taken by its tokens: one looks, the other brings the estate up. Neither has a key."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

import pulumi
import pulumi_aws as aws

from infra.aws.bucket_policy import Statement
from infra.aws.roles import AWS_POLICIES
from infra.settings.deploy import CiSettings

AUDIENCE: Final = "sts.amazonaws.com"
"""What GitHub's action asks for; GitLab's token names GitLab itself
(https://docs.gitlab.com/ci/cloud_services/aws/: from memory)."""
LOOKS: Final = f"{AWS_POLICIES}/ReadOnlyAccess"
"""Reads what a refresh asks, of which the role is denied the customers' orders."""
DOES: Final = f"{AWS_POLICIES}/PowerUserAccess"
"""Everything but IAM, of which the role gets what the estate needs and nothing on itself."""


ESTATES_ROLES: Final = ("aws-", "pods-")
"""How the names begin that the engine gives the roles of an estate."""
HANDED_TO: Final = {
    "StringEquals": {
        "iam:PassedToService": ["ec2.amazonaws.com", "eks.amazonaws.com", "pods.eks.amazonaws.com"]
    }
}
"""Services that the estate gives its roles to."""


class CiRoles(pulumi.ComponentResource):
    """Roles ``isthmus-preview`` and ``isthmus-deploy``, and the issuer that the account trusts for them."""

    preview_arn: pulumi.Output[str]
    deploy_arn: pulumi.Output[str]
    """Goes into ``aws.cluster.deployer``."""

    def __init__(
        self,
        name: str,
        *,
        stack: str,
        account_id: str,
        ci: CiSettings,
        state_bucket_arn: pulumi.Input[str],
        state_key_arn: pulumi.Input[str],
        denied: Sequence[Statement],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("isthmus:bootstrap:CiRoles", name, None, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        host = ci.issuer.removeprefix("https://")
        audience = AUDIENCE if ci.kind == "github" else ci.issuer
        issuer = aws.iam.OpenIdConnectProvider(
            name, url=ci.issuer, client_id_lists=[audience], tags={"Name": name}, opts=self._child
        )
        state = pulumi.Output.all(state_bucket_arn, state_key_arn)
        previews, deploys = subjects(ci, stack)

        def role(part: str, subject: str, policy: str, rights: pulumi.Output[str]) -> aws.iam.Role:
            made = aws.iam.Role(
                f"{name}-{part}",
                name=f"isthmus-{part}",
                assume_role_policy=issuer.arn.apply(
                    lambda arn: json.dumps(trust(arn, host, audience, subject))
                ),
                opts=self._child,
            )
            aws.iam.RolePolicyAttachment(
                f"{name}-{part}", role=made.name, policy_arn=policy, opts=self._child
            )
            aws.iam.RolePolicy(f"{name}-{part}", role=made.name, policy=rights, opts=self._child)
            return made

        self.preview_arn = role(
            "preview",
            previews,
            LOOKS,
            state.apply(lambda arns: json.dumps(looks(arns[0], arns[1]))),
        ).arn
        self.deploy_arn = role(
            "deploy",
            deploys,
            DOES,
            pulumi.Output.from_input(json.dumps(makes_roles(account_id, denied))),
        ).arn
        self.register_outputs({"previewArn": self.preview_arn, "deployArn": self.deploy_arn})


def subjects(ci: CiSettings, stack: str) -> tuple[str, str]:
    """Whose tokens may look, and whose may bring the stack up.

    GitHub: the environments ``STACK-plan`` and ``STACK``, whose reviewers GitHub asks (docs/gitops.md;
    https://docs.github.com/en/actions/reference/security/oidc, 2026-11-28). GitLab's subject names no
    environment: jobs of the protected branch may take both
    (https://docs.gitlab.com/ci/secrets/id_token_authentication/, 2026-11-28).
    """
    if ci.kind == "github":
        by = f"repo:{ci.repository}:environment:{stack}"
        return f"{by}-plan", by
    by = f"project_path:{ci.repository}:ref_type:branch:ref:{ci.branch}"
    return by, by


def trust(issuer_arn: str, host: str, audience: str, subject: str) -> dict[str, Any]:
    """Tokens of one issuer, audience and subject."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": issuer_arn},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {f"{host}:aud": audience, f"{host}:sub": subject}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def looks(bucket_arn: str, key_arn: str) -> dict[str, Any]:
    """The state to read, a plan's secrets to encrypt, and no object of any other bucket."""
    reads = ["s3:GetObject", "s3:GetObjectVersion"]
    statements = [
        {"Effect": "Allow", "Action": ["kms:Decrypt", "kms:Encrypt", "kms:DescribeKey"], "Resource": key_arn},
        {"Effect": "Deny", "Action": reads, "NotResource": f"{bucket_arn}/*"},
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def makes_roles(account_id: str, denied: Sequence[Statement] = ()) -> dict[str, Any]:
    """What the estate makes in IAM, and never CI's own roles; ``denied`` of what the other policy allows."""
    iam = f"arn:aws:iam::{account_id}"
    made = [
        f"iam:{what}"
        for what in (
            "AttachRolePolicy", "CreateRole", "DeleteRole", "DeleteRolePolicy", "DetachRolePolicy", "GetRole",
            "GetRolePolicy", "ListAttachedRolePolicies", "ListInstanceProfilesForRole", "ListRolePolicies",
            "ListRoleTags", "PutRolePolicy", "TagRole", "UntagRole", "UpdateAssumeRolePolicy",
            "UpdateRole", "UpdateRoleDescription",
        )
    ]  # fmt: skip
    issuers = [f"iam:{what}OpenIDConnectProvider" for what in ("Create", "Delete", "Get", "Tag", "Untag")]
    roles = [f"{iam}:role/{begins}*" for begins in ESTATES_ROLES]
    own = [f"{iam}:role/isthmus-deploy", f"{iam}:role/isthmus-preview"]
    changes = [each for each in made if not each.startswith(("iam:Get", "iam:List"))]
    statements = [
        {"Effect": "Allow", "Action": made, "Resource": roles},
        {"Effect": "Allow", "Action": "iam:PassRole", "Resource": roles, "Condition": HANDED_TO},
        {"Effect": "Allow", "Action": issuers, "Resource": f"{iam}:oidc-provider/*"},
        {"Effect": "Deny", "Action": changes, "Resource": own},
        *denied,
    ]
    return {"Version": "2012-10-17", "Statement": statements}


__all__ = ["CiRoles", "looks", "makes_roles", "subjects", "trust"]
