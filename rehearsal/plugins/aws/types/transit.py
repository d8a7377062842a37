"""Transit gateways, their attachments and route tables."""

from __future__ import annotations

from typing import Any

from rehearsal.plugins.aws.cloud import Cloud
from rehearsal.plugins.aws.resource_type import AwsType, Call, ReadCall, Update
from rehearsal.plugins.aws.tagging import EC2
from rehearsal.plugins.backend import Resource

_OPTIONS = (
    "amazonSideAsn",
    "autoAcceptSharedAttachments",
    "defaultRouteTableAssociation",
    "defaultRouteTablePropagation",
    "dnsSupport",
    "multicastSupport",
    "securityGroupReferencingSupport",
    "vpnEcmpSupport",
    "transitGatewayCidrBlocks",
)
_ATTACHMENT_OPTIONS = ("applianceModeSupport", "dnsSupport", "ipv6Support", "securityGroupReferencingSupport")


def _option(key: str) -> str:
    return f"Options.{key[:1].upper()}{key[1:]}"


def _read_route(cloud: Cloud, resource: Resource) -> Any:
    table, _, destination = resource.id.partition("_")
    found = cloud.find(
        "ec2",
        "SearchTransitGatewayRoutes",
        "Routes",
        TransitGatewayRouteTableId=table,
        Filters=[{"Name": "type", "Values": ["static"]}],
    )
    for route in found or []:
        if route["DestinationCidrBlock"] == destination and route.get("State") != "deleted":
            attachments = route.get("TransitGatewayAttachments") or [{}]
            return {**route, "Table": table, "Attachment": attachments[0].get("TransitGatewayAttachmentId")}
    return None


def _join_and_leave(cloud: Cloud, old: Resource, new: Resource) -> None:
    """As terraform-provider-aws does it (ec2/transitgateway_vpc_attachment.go, 2026-11-28)."""
    before, after = set(old.inputs["subnetIds"]), set(new.inputs["subnetIds"])
    changes = {"AddSubnetIds": sorted(after - before), "RemoveSubnetIds": sorted(before - after)}
    cloud.send(
        "ec2",
        "ModifyTransitGatewayVpcAttachment",
        {"TransitGatewayAttachmentId": new.id, **{key: ids for key, ids in changes.items() if ids}},
    )


ROWS: tuple[AwsType, ...] = (
    AwsType(
        type="aws:ec2transitgateway/transitGateway:TransitGateway",
        service="ec2",
        create=Call("CreateTransitGateway", {}, spread=True),
        id="TransitGateway.TransitGatewayId",
        read=ReadCall(
            Call("DescribeTransitGateways", {"TransitGatewayIds": ["$id"]}),
            "TransitGateways[0]",
            dead="State == 'deleted'",
        ),
        delete=Call("DeleteTransitGateway", {"TransitGatewayId": "$id"}),
        fields={key: _option(key) for key in _OPTIONS},
        read_from={key: f"it.{_option(key)}" for key in _OPTIONS},
        outputs={
            "arn": "it.TransitGatewayArn",
            "ownerId": "it.OwnerId",
            "associationDefaultRouteTableId": "it.Options.AssociationDefaultRouteTableId",
            "propagationDefaultRouteTableId": "it.Options.PropagationDefaultRouteTableId",
            "amazonSideAsn": "it.Options.AmazonSideAsn",
        },
        updates=(
            Update(
                ("description",),
                Call(
                    "ModifyTransitGateway", {"TransitGatewayId": "$id", "Description": "$inputs.description"}
                ),
            ),
            *(
                Update(
                    (key,),
                    Call("ModifyTransitGateway", {"TransitGatewayId": "$id", _option(key): f"$inputs.{key}"}),
                )
                for key in _OPTIONS
                if key not in ("amazonSideAsn", "multicastSupport", "transitGatewayCidrBlocks")
            ),
        ),
        tags=EC2,
    ),
    AwsType(
        type="aws:ec2transitgateway/vpcAttachment:VpcAttachment",
        service="ec2",
        create=Call("CreateTransitGatewayVpcAttachment", {}, spread=True),
        id="TransitGatewayVpcAttachment.TransitGatewayAttachmentId",
        read=ReadCall(
            Call("DescribeTransitGatewayVpcAttachments", {"TransitGatewayAttachmentIds": ["$id"]}),
            "TransitGatewayVpcAttachments[0]",
            dead="State == 'deleted'",
        ),
        delete=Call("DeleteTransitGatewayVpcAttachment", {"TransitGatewayAttachmentId": "$id"}),
        fields={key: _option(key) for key in _ATTACHMENT_OPTIONS},
        read_from={key: f"it.{_option(key)}" for key in _ATTACHMENT_OPTIONS},
        outputs={
            "vpcOwnerId": "it.VpcOwnerId",
            "arn": "'arn:{partition}:ec2:{region}:{account}:transit-gateway-attachment/{id}'",
        },
        local_only=(
            "transitGatewayDefaultRouteTableAssociation",
            "transitGatewayDefaultRouteTablePropagation",
        ),
        updates=(
            Update(("subnetIds",), _join_and_leave),
            *(
                Update(
                    (key,),
                    Call(
                        "ModifyTransitGatewayVpcAttachment",
                        {"TransitGatewayAttachmentId": "$id", _option(key): f"$inputs.{key}"},
                    ),
                )
                for key in _ATTACHMENT_OPTIONS
            ),
        ),
        # A VPC is attached to a transit gateway once.
        unique_by=("vpcId", "transitGatewayId"),
        tags=EC2,
    ),
    AwsType(
        type="aws:ec2transitgateway/route:Route",
        service="ec2",
        create=Call("CreateTransitGatewayRoute", {}, spread=True),
        id="join('_', [inputs.transitGatewayRouteTableId, inputs.destinationCidrBlock])",
        read=_read_route,
        delete=Call(
            "DeleteTransitGatewayRoute",
            {
                "TransitGatewayRouteTableId": "$inputs.transitGatewayRouteTableId",
                "DestinationCidrBlock": "$inputs.destinationCidrBlock",
            },
        ),
        read_from={
            "blackhole": "it.State == 'blackhole'",
            "transitGatewayAttachmentId": "it.Attachment || inputs.transitGatewayAttachmentId",
            "transitGatewayRouteTableId": "it.Table",
        },
        unique_by=("transitGatewayRouteTableId", "destinationCidrBlock"),
    ),
)
