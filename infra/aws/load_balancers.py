"""AWS's controller of load balancers: its role and what its chart is told.

It makes a Network Load Balancer for each Service of its class.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import pulumi

from infra.aws.roles import hand_to_pods

NAME: Final = "aws-load-balancer-controller"
"""Of its chart, its service account and its pods."""
NAMESPACE: Final = "platform"
CLASS: Final = "service.k8s.aws/nlb"
"""Of Services that it makes balancers for (docs/guide/service/nlb.md of the commit below)."""
TLS_POLICY: Final = "ELBSecurityPolicy-TLS13-1-2-2021-06"
"""TLS 1.2 and 1.3 (docs/guide/service/annotations.md of the same)."""

_CLUSTER: Final = "elbv2.k8s.aws/cluster"
_LOOKS: Final = (
    "ec2:DescribeAvailabilityZones",
    "ec2:DescribeInstances",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeTags",
    "ec2:DescribeVpcs",
    "ec2:GetSecurityGroupsForVpc",
    "elasticloadbalancing:DescribeCapacityReservation",
    "elasticloadbalancing:DescribeListenerAttributes",
    "elasticloadbalancing:DescribeListenerCertificates",
    "elasticloadbalancing:DescribeListeners",
    "elasticloadbalancing:DescribeLoadBalancerAttributes",
    "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DescribeRules",
    "elasticloadbalancing:DescribeSSLPolicies",
    "elasticloadbalancing:DescribeTags",
    "elasticloadbalancing:DescribeTargetGroupAttributes",
    "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeTargetHealth",
)
_CHANGES: Final = (
    "elasticloadbalancing:AddListenerCertificates",
    "elasticloadbalancing:CreateListener",
    "elasticloadbalancing:DeleteListener",
    "elasticloadbalancing:DeleteLoadBalancer",
    "elasticloadbalancing:DeleteTargetGroup",
    "elasticloadbalancing:DeregisterTargets",
    "elasticloadbalancing:ModifyListener",
    "elasticloadbalancing:ModifyListenerAttributes",
    "elasticloadbalancing:ModifyLoadBalancerAttributes",
    "elasticloadbalancing:ModifyTargetGroup",
    "elasticloadbalancing:ModifyTargetGroupAttributes",
    "elasticloadbalancing:RegisterTargets",
    "elasticloadbalancing:RemoveListenerCertificates",
    "elasticloadbalancing:SetSecurityGroups",
    "elasticloadbalancing:SetSubnets",
)


def rights(cluster: str, account_id: str, region: str) -> dict[str, Any]:
    """What it may do: look at what there is, and make and change what carries the tag of its cluster.

    From docs/install/iam_policy.json of kubernetes-sigs/aws-load-balancer-controller@225f445 (2026-11-28),
    without what Application Load Balancers, WAF, Shield, Cognito and server certificates need, and held to
    one region, account and cluster. AWS tags a listener as its balancer is tagged.
    """
    owned = {"StringEquals": {f"aws:ResourceTag/{_CLUSTER}": cluster}}
    asked = {"StringEquals": {f"aws:RequestTag/{_CLUSTER}": cluster}}
    elb = f"arn:aws:elasticloadbalancing:{region}:{account_id}"
    made = [f"{elb}:loadbalancer/net/*", f"{elb}:targetgroup/*"]
    listeners = f"{elb}:listener/net/*"
    group = f"arn:aws:ec2:{region}:{account_id}:security-group/*"
    create_group = {"ec2:CreateAction": "CreateSecurityGroup"}
    creating = {"elasticloadbalancing:CreateAction": ["CreateLoadBalancer", "CreateTargetGroup"]}

    def allow(name: str, actions: Any, resources: Any, condition: Any = None) -> dict[str, Any]:
        statement = {"Sid": name, "Effect": "Allow", "Action": actions, "Resource": resources}
        return {**statement, "Condition": condition} if condition else statement

    return {
        "Version": "2012-10-17",
        "Statement": [
            allow("Looks", list(_LOOKS), "*", {"StringEquals": {"aws:RequestedRegion": region}}),
            allow(
                "Certificates",
                ["acm:DescribeCertificate"],
                f"arn:aws:acm:{region}:{account_id}:certificate/*",
            ),
            allow("MakesGroups", "ec2:CreateSecurityGroup", f"arn:aws:ec2:{region}:{account_id}:vpc/*"),
            allow("MakesTaggedGroups", "ec2:CreateSecurityGroup", group, asked),
            allow(
                "TagsNewGroups",
                "ec2:CreateTags",
                group,
                {"StringEquals": {**create_group, **asked["StringEquals"]}},
            ),
            allow(
                "ChangesItsGroups",
                [
                    "ec2:AuthorizeSecurityGroupIngress",
                    "ec2:RevokeSecurityGroupIngress",
                    "ec2:DeleteSecurityGroup",
                    "ec2:CreateTags",
                    "ec2:DeleteTags",
                ],
                group,
                owned,
            ),
            # Balancers reach pods through the nodes' own group, which EKS tags with the cluster's name (from
            # memory of its user guide).
            allow(
                "OpensNodes",
                ["ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"],
                group,
                {"StringEquals": {f"aws:ResourceTag/kubernetes.io/cluster/{cluster}": "owned"}},
            ),
            allow(
                "Makes",
                ["elasticloadbalancing:CreateLoadBalancer", "elasticloadbalancing:CreateTargetGroup"],
                made,
                asked,
            ),
            allow(
                "TagsNew",
                "elasticloadbalancing:AddTags",
                made,
                {"StringEquals": {**creating, **asked["StringEquals"]}},
            ),
            allow(
                "TagsItsOwn",
                ["elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags"],
                [*made, listeners],
                owned,
            ),
            allow("TagsNewListeners", "elasticloadbalancing:AddTags", listeners, asked),
            allow("Changes", list(_CHANGES), [*made, listeners], owned),
        ],
    }


def values(cluster: str, region: str, vpc_id: pulumi.Input[str]) -> Mapping[str, Any]:
    """What its chart is told (helm/aws-load-balancer-controller/values.yaml of the same commit).

    Region and VPC, since no pod may ask the metadata service for them.
    """
    return {
        "clusterName": cluster,
        "region": region,
        "vpcId": vpc_id,
        "replicaCount": 2,
        "serviceAccount": {"create": True, "name": NAME},
        "createIngressClassResource": False,
        "enableServiceMutatorWebhook": False,
        "enableShield": False,
        "enableWaf": False,
        "enableWafv2": False,
        # A new certificate of its webhooks with each release would restart it.
        "keepTLSSecret": True,
        "priorityClassName": "system-cluster-critical",
    }


def service_annotations(certificate: str | None, tags: Mapping[str, str]) -> dict[str, str]:
    """Of a Service: a balancer inside the VPC, straight to the pods (docs/guide/service/annotations.md)."""
    at = "service.beta.kubernetes.io/aws-load-balancer"
    listed = ",".join(f"{key}={value}" for key, value in sorted(tags.items()))
    said = {
        f"{at}-scheme": "internal",
        f"{at}-nlb-target-type": "ip",
        f"{at}-healthcheck-protocol": "http",
        f"{at}-healthcheck-path": "/readyz",
        f"{at}-healthcheck-interval": "10",
        f"{at}-additional-resource-tags": listed,
    }
    if certificate is not None:
        said |= {
            f"{at}-ssl-cert": certificate,
            f"{at}-ssl-ports": "443",
            f"{at}-ssl-negotiation-policy": TLS_POLICY,
        }
    return said


class LoadBalancerRole(pulumi.ComponentResource):
    """The role, handed to the controller's pods by Pod Identity."""

    def __init__(
        self,
        name: str,
        *,
        cluster_name: pulumi.Input[str],
        cluster: str,
        account_id: str,
        region: str,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("isthmus:aws:LoadBalancerRole", name, None, opts)
        hand_to_pods(
            name,
            cluster_name=cluster_name,
            namespace=NAMESPACE,
            service_account=NAME,
            policy=json.dumps(rights(cluster, account_id, region)),
            parent=self,
        )
        self.register_outputs({})


__all__ = ["CLASS", "NAME", "NAMESPACE", "LoadBalancerRole", "rights", "service_annotations", "values"]
