"""Roles of pods: EKS pods get theirs by Pod Identity, pods of the OpenStack site by OIDC federation.

No pod on either site holds an AWS key that outlives its token.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.aws.access import Grant, policy
from infra.aws.roles import hand_to_pods

AUDIENCE = "sts.amazonaws.com"
"""The audience that a pod's projected token must name."""


@dataclass(frozen=True)
class ServiceAccount:
    """A Kubernetes service account."""

    namespace: str
    name: str

    @property
    def subject(self) -> str:
        """Its name in a token."""
        return f"system:serviceaccount:{self.namespace}:{self.name}"


@dataclass(frozen=True)
class Stores:
    """What grants are about: the two buckets and the key of their objects."""

    arrivals_arn: pulumi.Input[str]
    releases_arn: pulumi.Input[str]
    data_key_arn: pulumi.Input[str]

    def policy(self, grant: Grant) -> pulumi.Output[str]:
        """A grant's IAM policy, JSON."""
        return pulumi.Output.all(self.arrivals_arn, self.releases_arn, self.data_key_arn).apply(
            lambda arns: json.dumps(policy(grant, {"arrivals": arns[0], "releases": arns[1]}, arns[2]))
        )


class PodRole(pulumi.ComponentResource):
    """The role of one service account in the EKS cluster."""

    role_arn: pulumi.Output[str]
    """Known once the association stands."""

    def __init__(
        self,
        name: str,
        *,
        cluster_name: pulumi.Input[str],
        account: ServiceAccount,
        grant: Grant,
        stores: Stores,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("isthmus:aws:PodRole", name, None, opts)
        handed = hand_to_pods(
            name,
            cluster_name=cluster_name,
            namespace=account.namespace,
            service_account=account.name,
            policy=stores.policy(grant),
            parent=self,
        )
        self.role_arn = pulumi.Output.all(handed.role.arn, handed.policy.id, handed.association.id).apply(
            lambda known: str(known[0])
        )
        self.register_outputs({"roleArn": self.role_arn})


def web_identity_trust(provider_arn: str, issuer: str, account: ServiceAccount) -> str:
    """Let exactly one service account of one cluster assume a role."""
    host = issuer.removeprefix("https://")
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Federated": provider_arn},
                    "Action": "sts:AssumeRoleWithWebIdentity",
                    "Condition": {"StringEquals": {f"{host}:sub": account.subject, f"{host}:aud": AUDIENCE}},
                }
            ],
        }
    )


class Federation(pulumi.ComponentResource):
    """AWS's trust in the service account tokens of the OpenStack cluster, and a role for each account."""

    role_arns: dict[str, pulumi.Output[str]]
    """By the key of ``accounts``."""

    def __init__(
        self,
        name: str,
        *,
        issuer: str,
        accounts: dict[str, tuple[ServiceAccount, Grant]],
        stores: Stores,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("isthmus:aws:Federation", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        provider = aws.iam.OpenIdConnectProvider(
            name,
            url=issuer,
            client_id_lists=[AUDIENCE],
            # An account has one for an issuer: after a failed update, a new one would meet the old one.
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )
        self.role_arns = {}
        for key, (account, grant) in accounts.items():
            role = aws.iam.Role(
                f"{name}-{key}",
                assume_role_policy=_trust(provider.arn, issuer, account),
                opts=child,
            )
            rights = aws.iam.RolePolicy(
                f"{name}-{key}", role=role.name, policy=stores.policy(grant), opts=child
            )
            self.role_arns[key] = pulumi.Output.all(role.arn, rights.id).apply(lambda known: str(known[0]))
        self.register_outputs({"roleArns": self.role_arns})


def _trust(provider_arn: pulumi.Output[str], issuer: str, account: ServiceAccount) -> pulumi.Output[str]:
    return provider_arn.apply(lambda arn: web_identity_trust(arn, issuer, account))


__all__ = ["AUDIENCE", "Federation", "PodRole", "ServiceAccount", "Stores", "web_identity_trust"]
