"""What Karpenter may do in AWS: its project's own policy for the pinned version, without what is not used.

aws/karpenter-provider-aws@v1.14.1, website/content/en/docs/getting-started/getting-started-with-karpenter/
cloudformation.yaml (read 2026-11-28). Left out, as nothing here asks for it: the making and deleting of
instance profiles, since the estate makes one itself (``spec.instanceProfile`` of its node classes: the same,
concepts/nodeclasses.md), zonal shift, placement groups and capacity reservations. ``iam:PassRole`` goes to
EC2 alone.
"""

from __future__ import annotations

import json
from typing import Any, Final

_READS: Final = (
    "ec2:DescribeImages",
    "ec2:DescribeInstances",
    "ec2:DescribeInstanceStatus",
    "ec2:DescribeInstanceTypeOfferings",
    "ec2:DescribeInstanceTypes",
    "ec2:DescribeLaunchTemplates",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSpotPriceHistory",
    "ec2:DescribeSubnets",
    # Asked at every start, whether or not any is used.
    "ec2:DescribeCapacityReservations",
    "ec2:DescribePlacementGroups",
)
_MADE: Final = (
    "fleet",
    "instance",
    "volume",
    "network-interface",
    "launch-template",
    "spot-instances-request",
)
_NODEPOOL: Final = "karpenter.sh/nodepool"


def rights(*, cluster: str, account_id: str, region: str, node_role: str, queue: str) -> str:
    """The policy document, as JSON without a space: IAM counts 10,240 characters of all policies of a role.

    Args:
        cluster: name of the cluster.
        account_id: where it is.
        region: the same.
        node_role: ARN of the nodes' role.
        queue: ARN of the queue of interruptions.
    """
    owned = f"kubernetes.io/cluster/{cluster}"
    named = "eks:eks-cluster-name"

    def ec2(*kinds: str) -> list[str]:
        return [f"arn:aws:ec2:{region}:*:{kind}/*" for kind in kinds]

    asked = {
        "StringEquals": {f"aws:RequestTag/{owned}": "owned", f"aws:RequestTag/{named}": cluster},
        "StringLike": {f"aws:RequestTag/{_NODEPOOL}": "*"},
    }
    has = {
        "StringEquals": {f"aws:ResourceTag/{owned}": "owned"},
        "StringLike": {f"aws:ResourceTag/{_NODEPOOL}": "*"},
    }
    starts = ["ec2:RunInstances", "ec2:CreateFleet"]
    statements: list[dict[str, Any]] = [
        {
            "Sid": "StartsFrom",
            "Action": starts,
            "Resource": [
                f"arn:aws:ec2:{region}::image/*",
                f"arn:aws:ec2:{region}::snapshot/*",
                *ec2("security-group", "subnet"),
            ],
        },
        {
            "Sid": "StartsFromItsTemplates",
            "Action": starts,
            "Resource": ec2("launch-template"),
            "Condition": has,
        },
        {
            "Sid": "MakesWithItsTags",
            "Action": [*starts, "ec2:CreateLaunchTemplate"],
            "Resource": ec2(*_MADE),
            "Condition": asked,
        },
        {
            "Sid": "TagsWhatItMakes",
            "Action": "ec2:CreateTags",
            "Resource": ec2(*_MADE),
            "Condition": {
                **asked,
                "StringEquals": {
                    **asked["StringEquals"],
                    "ec2:CreateAction": [
                        *(each.removeprefix("ec2:") for each in starts),
                        "CreateLaunchTemplate",
                    ],
                },
            },
        },
        {
            "Sid": "TagsItsInstances",
            "Action": "ec2:CreateTags",
            "Resource": ec2("instance"),
            "Condition": {
                **has,
                "StringEqualsIfExists": {f"aws:RequestTag/{named}": cluster},
                "ForAllValues:StringEquals": {"aws:TagKeys": [named, "karpenter.sh/nodeclaim", "Name"]},
            },
        },
        {
            "Sid": "EndsItsOwn",
            "Action": ["ec2:TerminateInstances", "ec2:DeleteLaunchTemplate"],
            "Resource": ec2("instance", "launch-template"),
            "Condition": has,
        },
        {
            "Sid": "Looks",
            "Action": list(_READS),
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:RequestedRegion": region}},
        },
        {
            "Sid": "Images",
            "Action": "ssm:GetParameter",
            "Resource": f"arn:aws:ssm:{region}::parameter/aws/service/*",
        },
        {"Sid": "Prices", "Action": "pricing:GetProducts", "Resource": "*"},
        {
            "Sid": "NodesRole",
            "Action": "iam:PassRole",
            "Resource": node_role,
            "Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}},
        },
        {
            "Sid": "Profiles",
            "Action": "iam:GetInstanceProfile",
            "Resource": f"arn:aws:iam::{account_id}:instance-profile/*",
        },
        # It looks for profiles of its own that no node class has any more; here there are none.
        {"Sid": "ListsProfiles", "Action": "iam:ListInstanceProfiles", "Resource": "*"},
        {
            "Sid": "Api",
            "Action": "eks:DescribeCluster",
            "Resource": f"arn:aws:eks:{region}:{account_id}:cluster/{cluster}",
        },
        {
            "Sid": "Interruptions",
            "Action": ["sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage"],
            "Resource": queue,
        },
    ]
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **each} for each in statements]}
    return json.dumps(document, separators=(",", ":"))


__all__ = ["rights"]
