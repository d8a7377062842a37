"""AWS resources of the estates as the program asks for them, with ids and ARNs as AWS would give them.

CloudFormation's schemas judge ids by their patterns, so that a subnet in the place of a VPC is seen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pulumi.runtime.mocks import MockResourceArgs

from infra.__main__ import estate
from infra.bootstrap.__main__ import account
from rehearsal.plugins.aws.types import ROWS
from tests.infra.judges import HEX_DIGITS, plain
from tests.infra.recorded import STACKS, Estate, Recorded, Recorder, changed_settings, record

Inputs = dict[str, Any]

IDS: Mapping[str, str] = {
    "aws:ec2/customerGateway:CustomerGateway": "cgw",
    "aws:ec2/eip:Eip": "eipalloc",
    "aws:ec2/internetGateway:InternetGateway": "igw",
    "aws:ec2/launchTemplate:LaunchTemplate": "lt",
    "aws:ec2/natGateway:NatGateway": "nat",
    "aws:ec2/routeTable:RouteTable": "rtb",
    "aws:ec2/securityGroup:SecurityGroup": "sg",
    "aws:ec2/subnet:Subnet": "subnet",
    "aws:ec2/vpc:Vpc": "vpc",
    "aws:ec2/vpnConnection:VpnConnection": "vpn",
    "aws:ec2/vpnGateway:VpnGateway": "vgw",
    "aws:ec2transitgateway/transitGateway:TransitGateway": "tgw",
}
"""What an id begins with (Amazon EC2 user guide, "Resource IDs", 2026-11-28); 17 digits follow."""

ARNS: Mapping[str, str] = {
    "aws:cloudwatch/logGroup:LogGroup": "logs:{region}:{account}:log-group:{name}",
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": "iam::{account}:oidc-provider/{name}",
    "aws:iam/role:Role": "iam::{account}:role/{name}",
    "aws:sqs/queue:Queue": "sqs:{region}:{account}:{name}",
    "aws:kms/key:Key": "kms:{region}:{account}:key/{uuid}",
}
"""ARNs that other resources are given (AWS service authorization reference, "Resource types", 2026-11-28)."""


class AwsRecorder(Recorder):
    """Makes up what AWS would."""

    def __init__(self, region: str, account: str) -> None:
        super().__init__()
        self._region, self._account = region, account

    def new_resource(self, args: MockResourceArgs) -> tuple[str, Inputs]:
        id, outputs = super().new_resource(args)
        if not args.typ.startswith("aws:"):
            return id, outputs
        # The engine sets in a name of its own where the program gives none.
        for key in ROWS[args.typ].autoname if args.typ in ROWS else ():
            if key not in args.inputs:
                outputs[key] = self.resources[-1].inputs[key] = f"{args.name}-{'0' * HEX_DIGITS}"
        digest = hashlib.sha256(f"{args.typ} {args.name}".encode()).hexdigest()
        uuid = "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))
        if args.typ in ARNS:
            name = outputs.get("name") or args.name
            filled = ARNS[args.typ].format(region=self._region, account=self._account, name=name, uuid=uuid)
            outputs["arn"] = f"arn:aws:{filled}"
        if args.typ == "aws:kms/key:Key":
            id = outputs["keyId"] = uuid
        if args.typ in IDS:
            id = f"{IDS[args.typ]}-{digest[:17]}"
        return id, outputs


EVERYTHING: Mapping[str, Any] = {
    "aws.cluster.api_allowed_cidrs": ["203.0.113.0/24"],
    "aws.network.nat_gateways": "per_zone",
    "link.asn": 4200000000,
    "link.ike.dh_group": 20,
    "link.initiator": "aws",
    "serving.sites": ["aws", "openstack"],
    "training.retrain.enabled": True,
    "training.started_by": "up",
    "training.tuning.enabled": True,
}
ESTATES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    **{stack: (stack, {}) for stack in STACKS},
    **{f"{stack}, all that can be on": (stack, EVERYTHING) for stack in ("local", "prod")},
    "prod, another link": (
        "prod",
        {"link.gateway": "vpn_gateway", "link.logs": False, "link.private_gateway": "vpnaas"},
    ),
    "prod, by Neutron VPNaaS": ("prod", {"link.private_gateway": "vpnaas"}),
    "prod, no link": (
        "prod",
        {"link.enabled": False, "aws.cluster.api_allowed_cidrs": ["198.51.100.0/24"]},
    ),
    "prod, nodes by Karpenter": (
        "prod",
        {
            "aws.gpu_pools.training.nodes": "karpenter",
            "aws.gpu_pools.serving": {
                "instance_type": "g5.xlarge",
                "max": 6,
                "purpose": "serving",
                "nodes": "karpenter",
            },
        },
    ),
    "dev, on Graviton": ("dev", {"aws.cluster.system_nodes.instance_type": "m7g.large"}),
}
"""Title: the stack and the settings that are changed in it."""
ACCOUNT = "prod, the account's own part"
ACCOUNTS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    ACCOUNT: ("prod", {"deploy.ci": {"repository": "shop/isthmus"}, "deploy.cost_tags": True})
}
"""The same of what the bootstrap makes."""


@dataclass(frozen=True)
class AwsEstate:
    """What one estate asks AWS for."""

    region: str
    resources: tuple[Recorded, ...]

    def of(self, type: str, name: str = "") -> Recorded:
        """The first resource of a type whose name ends so."""
        return next(each for each in self.resources if each.type == type and each.name.endswith(name))


@cache
def aws_estate(title: str) -> AwsEstate:
    """One of the estates, its secrets open."""
    stack, changes = {**ESTATES, **ACCOUNTS}[title]
    settings = changed_settings(stack, changes)
    recorder = AwsRecorder(settings.aws.region, settings.aws.account_id)
    program = account if title in ACCOUNTS else estate
    built = record(lambda: program(settings), stack, recorder=recorder)
    return AwsEstate(settings.aws.region, opened(built))


def opened(built: Estate) -> tuple[Recorded, ...]:
    """The resources of AWS, with their secrets open."""
    return tuple(
        Recorded(each.type, each.name, plain(each.inputs), each.provider, each.custom)
        for each in built.resources
        if each.type.startswith("aws:")
    )
