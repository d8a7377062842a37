"""Where the tunnels end in AWS: a VPN gateway at the VPC, or a transit gateway with the VPC attached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True)
class Attachment:
    """A gateway that the VPC is attached to: one of the two ids is there."""

    vpn_gateway_id: pulumi.Output[str] | None = None
    transit_gateway_id: pulumi.Output[str] | None = None
    route_table_id: pulumi.Output[str] | None = None
    """The transit gateway's own route table."""
    resources: tuple[pulumi.Resource, ...] = ()
    """What routes must wait for."""


def attach(
    name: str,
    *,
    kind: Literal["vpn_gateway", "transit_gateway"],
    asn: int,
    vpc_id: pulumi.Input[str],
    subnet_ids: Sequence[pulumi.Input[str]],
    tag: str,
    opts: pulumi.ResourceOptions,
) -> Attachment:
    """Make the gateway and attach the VPC to it; ``asn`` is AWS's own BGP number."""
    if kind == "vpn_gateway":
        gateway = aws.ec2.VpnGateway(name, amazon_side_asn=str(asn), tags={"Name": tag}, opts=opts)
        joined = aws.ec2.VpnGatewayAttachment(
            name,
            vpc_id=vpc_id,
            vpn_gateway_id=gateway.id,
            # A VPC has one VPN gateway, and a gateway one VPC (Amazon VPC quotas).
            opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(delete_before_replace=True)),
        )
        return Attachment(vpn_gateway_id=joined.vpn_gateway_id, resources=(joined,))
    transit = aws.ec2transitgateway.TransitGateway(
        name,
        description="The AWS end of the link",
        amazon_side_asn=asn,
        # Nobody but this estate joins it by itself.
        auto_accept_shared_attachments="disable",
        tags={"Name": tag},
        opts=opts,
    )
    attached = aws.ec2transitgateway.VpcAttachment(
        name,
        transit_gateway_id=transit.id,
        vpc_id=vpc_id,
        subnet_ids=list(subnet_ids),
        tags={"Name": tag},
        opts=opts,
    )
    return Attachment(
        transit_gateway_id=transit.id,
        route_table_id=transit.association_default_route_table_id,
        resources=(attached,),
    )


__all__ = ["Attachment", "attach"]
