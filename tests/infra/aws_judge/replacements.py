"""Where a change replaces here and not in CloudFormation, or the other way round, and why that is right.

What an up does is decided by the provider (hashicorp/terraform-provider-aws, which pulumi-aws bridges), not
by CloudFormation. Paths are of its source, read on 2026-11-28.
"""

from __future__ import annotations

from collections.abc import Mapping

_NO_UPDATE = "the provider's resource has no update"
_RULES_CHANGE = (
    "the provider changes a rule (internal/service/ec2/vpc_security_group_ingress_rule.go, Update)"
)
_OWN_RESOURCE = "a resource of its own in the provider, which has no update; CloudFormation changes a list"

DIFFERENT: Mapping[str, Mapping[str, str]] = {
    "aws:budgets/budget:Budget": {
        "notifications": "the provider changes them (internal/service/budgets/budget.go)",
    },
    "aws:ec2/eip:Eip": {"domain": "ForceNew in internal/service/ec2/ec2_eip.go, and there is one domain"},
    "aws:ec2/vpnConnection:VpnConnection": {
        **dict.fromkeys(
            ("localIpv4NetworkCidr", "remoteIpv4NetworkCidr"),
            "the provider changes it (internal/service/ec2/vpnsite_connection.go)",
        ),
        **dict.fromkeys(
            ("tunnel1InsideCidr", "tunnel2InsideCidr"),
            "ForceNew in internal/service/ec2/vpnsite_connection.go",
        ),
    },
    "aws:ec2/vpnGatewayAttachment:VpnGatewayAttachment": {
        "vpnGatewayId": f"{_NO_UPDATE} (internal/service/ec2/vpnsite_gateway_attachment.go)"
    },
    "aws:ec2/vpnGatewayRoutePropagation:VpnGatewayRoutePropagation": dict.fromkeys(
        ("routeTableId", "vpnGatewayId"),
        f"{_NO_UPDATE} (internal/service/ec2/vpnsite_gateway_route_propagation.go)",
    ),
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": dict.fromkeys(
        ("accessScope", "policyArn"), f"{_OWN_RESOURCE} (internal/service/eks/access_policy_association.go)"
    ),
    "aws:eks/cluster:Cluster": {
        "kubernetesNetworkConfig": "CloudFormation replaces for both fields of it that the estate sets",
    },
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": {
        "policyArn": f"{_OWN_RESOURCE} (internal/service/iam/role_policy_attachment.go)"
    },
    "aws:sqs/queuePolicy:QueuePolicy": {
        "queueUrl": "ForceNew in internal/service/sqs/queue_policy.go (from memory, not read)"
    },
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": dict.fromkeys(
        ("cidrIpv4", "fromPort", "ipProtocol", "toPort"), _RULES_CHANGE
    ),
}
"""Type and property: the reason."""
