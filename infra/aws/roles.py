"""Roles that AWS services assume for the cluster."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True)
class HandedRole:
    """A role that pods get, and what makes them get it."""

    role: aws.iam.Role
    policy: aws.iam.RolePolicy
    association: aws.eks.PodIdentityAssociation


def hand_to_pods(
    name: str,
    *,
    cluster_name: pulumi.Input[str],
    namespace: str,
    service_account: str,
    policy: pulumi.Input[str],
    parent: pulumi.Resource,
) -> HandedRole:
    """Declare a role of one policy that Pod Identity hands to the pods of a service account."""
    child = pulumi.ResourceOptions(parent=parent)
    trust = pod_trust(cluster_name, namespace, service_account)
    role = aws.iam.Role(name, assume_role_policy=trust, opts=child)
    rights = aws.iam.RolePolicy(name, role=role.name, policy=policy, opts=child)
    association = aws.eks.PodIdentityAssociation(
        name,
        cluster_name=cluster_name,
        namespace=namespace,
        service_account=service_account,
        role_arn=role.arn,
        tags={"Name": name},
        # No pod meets the role empty.
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[rights]),
    )
    return HandedRole(role, rights, association)


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


__all__ = ["AWS_POLICIES", "HandedRole", "ServiceRole", "hand_to_pods", "pod_trust", "service_trust"]
