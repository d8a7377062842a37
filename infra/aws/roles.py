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
    """Who may assume a service's role: that service."""
    return _trust({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"})


def pod_trust(cluster: pulumi.Input[str], namespace: str, service_account: str) -> pulumi.Output[str]:
    """Who may assume the role of a pod: Pod Identity, for this service account of this cluster alone.

    The service names them in session tags, which a trust may ask for; without that, whoever may write an
    association hands the role to any pod of any cluster
    (https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html, "Setting Conditions", and
    pod-id-abac.html for the tags; read 2026-11-28).
    """
    return pulumi.Output.from_input(cluster).apply(
        lambda name: _trust(
            {
                "Effect": "Allow",
                "Principal": {"Service": POD_IDENTITY},
                "Action": ["sts:AssumeRole", "sts:TagSession"],
                "Condition": {
                    "StringEquals": {
                        "aws:RequestTag/eks-cluster-name": name,
                        "aws:RequestTag/kubernetes-namespace": namespace,
                        "aws:RequestTag/kubernetes-service-account": service_account,
                    }
                },
            }
        )
    )


def _trust(statement: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class ServiceRole(pulumi.ComponentResource):
    """A role with AWS's own policies by name; ``trust`` says who may assume it."""

    arn: pulumi.Output[str]
    """Known once the policies are attached, so that what uses the role never meets it empty."""

    def __init__(
        self,
        name: str,
        *,
        trust: pulumi.Input[str],
        policies: Sequence[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("isthmus:aws:ServiceRole", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(name, assume_role_policy=trust, opts=child)
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


__all__ = ["AWS_POLICIES", "ServiceRole", "pod_trust", "service_trust"]
