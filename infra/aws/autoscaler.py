"""The role of the cluster autoscaler, which moves managed node groups between their bounds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import pulumi

from infra.aws.roles import hand_to_pods

NAME: Final = "cluster-autoscaler"
"""Of its chart, its service account and its pods."""
NAMESPACE: Final = "kube-system"

_LOOKS: Final = (
    "autoscaling:DescribeAutoScalingGroups",
    "autoscaling:DescribeAutoScalingInstances",
    "autoscaling:DescribeLaunchConfigurations",
    "autoscaling:DescribeScalingActivities",
    "autoscaling:DescribeTags",
    "ec2:DescribeImages",
    "ec2:DescribeInstanceTypes",
    "ec2:DescribeLaunchTemplateVersions",
    "ec2:GetInstanceTypesFromInstanceRequirements",
)
_MOVES: Final = ("autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup")


def rights(cluster: str, account_id: str, region: str) -> dict[str, Any]:
    """What it may do: look at all groups, move those of one cluster.

    kubernetes/autoscaler@55c37cd, cluster-autoscaler/cloudprovider/aws/README.md; EKS tags the groups of its
    managed node groups with the cluster that owns them. By DescribeNodegroup it learns labels and taints of a
    group that has never had a node (the same, "eks:DescribeNodegroup"; 2026-11-28).
    """
    owned = {f"aws:ResourceTag/k8s.io/cluster-autoscaler/{cluster}": "owned"}
    groups = f"arn:aws:eks:{region}:{account_id}:nodegroup/{cluster}/*"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "Looks", "Effect": "Allow", "Action": list(_LOOKS), "Resource": "*"},
            {"Sid": "Groups", "Effect": "Allow", "Action": "eks:DescribeNodegroup", "Resource": groups},
            {
                "Sid": "Moves",
                "Effect": "Allow",
                "Action": list(_MOVES),
                "Resource": f"arn:aws:autoscaling:{region}:{account_id}:autoScalingGroup:*",
                "Condition": {"StringEquals": owned},
            },
        ],
    }


def values(cluster: str, region: str) -> Mapping[str, Any]:
    """What its chart is told.

    Of two groups that both have room spot is taken first: the names of its groups say so
    (``infra.aws.gpu_pool``), and EKS keeps a group's name in that of its Auto Scaling group.
    """
    return {
        "cloudProvider": "aws",
        "awsRegion": region,
        "autoDiscovery": {"clusterName": cluster},
        "rbac": {"serviceAccount": {"create": True, "name": NAME}},
        "extraArgs": {
            "expander": "priority",
            "balance-similar-node-groups": True,
            # A node whose pods are a training is kept, whatever it costs to move them.
            "skip-nodes-with-local-storage": True,
        },
        "expanderPriorities": {"20": [".*-spot-.*"], "10": [".*"]},
        "priorityClassName": "system-cluster-critical",
    }


class AutoscalerRole(pulumi.ComponentResource):
    """The role, handed to the autoscaler's pods by Pod Identity."""

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
        super().__init__("isthmus:aws:AutoscalerRole", name, None, opts)
        hand_to_pods(
            name,
            cluster_name=cluster_name,
            namespace=NAMESPACE,
            service_account=NAME,
            policy=json.dumps(rights(cluster, account_id, region)),
            parent=self,
        )
        self.register_outputs({})


__all__ = ["NAME", "AutoscalerRole", "rights", "values"]
