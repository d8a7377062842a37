"""Roles that AWS services assume for the cluster."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

POD_IDENTITY = "pods.eks.amazonaws.com"
"""The service through which an EKS pod's service account assumes a role."""
AWS_POLICIES = "arn:aws:iam::aws:policy"


def service_trust(service: str) -> str:
    """Who may assume a service's role: that service. Pod Identity also hands down session tags."""
    actions = ["sts:AssumeRole"] + (["sts:TagSession"] if service == POD_IDENTITY else [])
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": actions}],
        }
    )


class ServiceRole(pulumi.ComponentResource):
    """A role for one AWS service, with AWS's own policies by name."""

    arn: pulumi.Output[str]
    """Known once the policies are attached, so that what uses the role never meets it empty."""

    def __init__(
        self,
        name: str,
        *,
        service: str,
        policies: Sequence[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("isthmus:aws:ServiceRole", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(name, assume_role_policy=service_trust(service), opts=child)
        attached = [
            aws.iam.RolePolicyAttachment(
                f"{name}-{policy.rpartition('/')[2]}",
                role=role.name,
                policy_arn=f"{AWS_POLICIES}/{policy}",
                opts=child,
            )
            for policy in policies
        ]
        self.arn = pulumi.Output.all(role.arn, *[each.id for each in attached]).apply(
            lambda known: str(known[0])
        )
        self.register_outputs({"arn": self.arn})


__all__ = ["AWS_POLICIES", "POD_IDENTITY", "ServiceRole", "service_trust"]
