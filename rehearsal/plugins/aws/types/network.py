"""VPC, subnets, gateways, routes, endpoints, flow logs."""

from __future__ import annotations

from typing import Any

from rehearsal.plugins.aws import calls, shapes
from rehearsal.plugins.aws.cloud import Cloud
from rehearsal.plugins.aws.resource_type import AwsType, Call, ReadCall, Update
from rehearsal.plugins.aws.tagging import EC2
from rehearsal.plugins.backend import Refused, Resource


def _attribute(operation: str, key: str, member: str, target: dict[str, str]) -> Update:
    """EC2 changes one attribute a call."""
    return Update((key,), Call(operation, {**target, member: f"$inputs.{key}"}))


def _vpc(key: str, member: str) -> Update:
    return _attribute("ModifyVpcAttribute", key, member, {"VpcId": "$id"})


def _subnet(key: str, member: str) -> Update:
    return _attribute("ModifySubnetAttribute", key, member, {"SubnetId": "$id"})


def _read_vpc(cloud: Cloud, resource: Resource) -> Any:
    it = cloud.find("ec2", "DescribeVpcs", "Vpcs[0]", VpcIds=[resource.id])
    if it is None:
        return None
    for attribute in ("EnableDnsSupport", "EnableDnsHostnames", "EnableNetworkAddressUsageMetrics"):
        asked = attribute[:1].lower() + attribute[1:]
        it[attribute] = cloud.find(
            "ec2", "DescribeVpcAttribute", f"{attribute}.Value", VpcId=resource.id, Attribute=asked
        )
    filters = [{"Name": "vpc-id", "Values": [resource.id]}]
    it["MainRouteTable"] = cloud.find(
        "ec2",
        "DescribeRouteTables",
        "RouteTables[0].RouteTableId",
        Filters=[*filters, {"Name": "association.main", "Values": ["true"]}],
    )
    it["DefaultGroup"] = cloud.find(
        "ec2",
        "DescribeSecurityGroups",
        "SecurityGroups[0].GroupId",
        Filters=[*filters, {"Name": "group-name", "Values": ["default"]}],
    )
    it["DefaultAcl"] = cloud.find(
        "ec2",
        "DescribeNetworkAcls",
        "NetworkAcls[0].NetworkAclId",
        Filters=[*filters, {"Name": "default", "Values": ["true"]}],
    )
    return it


def _attach_gateway(cloud: Cloud, old: Resource, new: Resource) -> None:
    before, after = old.inputs.get("vpcId"), new.inputs.get("vpcId")
    if before:
        cloud.send("ec2", "DetachInternetGateway", {"InternetGatewayId": new.id, "VpcId": before})
    if after:
        cloud.send("ec2", "AttachInternetGateway", {"InternetGatewayId": new.id, "VpcId": after})


def _delete_gateway(cloud: Cloud, resource: Resource) -> None:
    attached = cloud.find(
        "ec2",
        "DescribeInternetGateways",
        "InternetGateways[0].Attachments[].VpcId",
        InternetGatewayIds=[resource.id],
    )
    for vpc in attached or []:
        cloud.send("ec2", "DetachInternetGateway", {"InternetGatewayId": resource.id, "VpcId": vpc})
    cloud.send("ec2", "DeleteInternetGateway", {"InternetGatewayId": resource.id})


def _delete_nat(cloud: Cloud, resource: Resource) -> None:
    """As EC2 does, and the stand-in does not: the address is free again (API reference, DeleteNatGateway)."""
    cloud.send("ec2", "DeleteNatGateway", {"NatGatewayId": resource.id})
    address = (resource.inputs or resource.outputs).get("allocationId")
    found = cloud.find("ec2", "DescribeAddresses", "Addresses[0].AssociationId", AllocationIds=[address])
    if found:
        cloud.send("ec2", "DisassociateAddress", {"AssociationId": found})


_TARGETS = {
    "gatewayId": "GatewayId",
    "natGatewayId": "NatGatewayId",
    "transitGatewayId": "TransitGatewayId",
    "vpcPeeringConnectionId": "VpcPeeringConnectionId",
    "networkInterfaceId": "NetworkInterfaceId",
    "egressOnlyGatewayId": "EgressOnlyInternetGatewayId",
    "carrierGatewayId": "CarrierGatewayId",
    "localGatewayId": "LocalGatewayId",
    "vpcEndpointId": "VpcEndpointId",
    "coreNetworkArn": "CoreNetworkArn",
}
_DESTINATIONS = {
    "destinationCidrBlock": "DestinationCidrBlock",
    "destinationIpv6CidrBlock": "DestinationIpv6CidrBlock",
    "destinationPrefixListId": "DestinationPrefixListId",
}


def _destination(inputs: dict[str, Any]) -> dict[str, Any]:
    return {name: inputs[key] for key, name in _DESTINATIONS.items() if inputs.get(key)}


def _read_route(cloud: Cloud, resource: Resource) -> Any:
    table, _, destination = resource.id.removeprefix("r-").partition("|")
    routes = cloud.find("ec2", "DescribeRouteTables", "RouteTables[0].Routes", RouteTableIds=[table])
    for found in routes or []:
        if destination in (found.get(name) for name in _DESTINATIONS.values()):
            return {**found, "RouteTableId": table, "VpcEndpointId": found.get("GatewayId")}
    return None


def _route_id(_: Cloud, id: str) -> str:
    """Of what a route is imported by: its table and its destination."""
    return id if id.startswith("r-") else "r-" + id.replace("_", "|", 1)


def _delete_route(cloud: Cloud, resource: Resource) -> None:
    inputs = resource.inputs or resource.outputs
    cloud.send("ec2", "DeleteRoute", {"RouteTableId": inputs["routeTableId"], **_destination(inputs)})


def _inline_routes(cloud: Cloud, old: Resource, new: Resource) -> None:
    def by_destination(resource: Resource) -> dict[str, dict[str, Any]]:
        return {next(iter(_cells(r, _CELL_TO).values()), ""): r for r in resource.inputs.get("routes") or []}

    before, after = by_destination(old), by_destination(new)
    for destination, found in before.items():
        if after.get(destination) != found:
            cloud.send("ec2", "DeleteRoute", {"RouteTableId": new.id, **_cells(found, _CELL_TO)})
    for destination, wanted in after.items():
        if before.get(destination) != wanted:
            cells = {**_cells(wanted, _CELL_TO), **_cells(wanted, _TARGETS)}
            cloud.send("ec2", "CreateRoute", {"RouteTableId": new.id, **cells})


_CELL_TO = {
    "cidrBlock": "DestinationCidrBlock",
    "ipv6CidrBlock": "DestinationIpv6CidrBlock",
    "destinationPrefixListId": "DestinationPrefixListId",
}


def _cells(values: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    return {name: values[key] for key, name in names.items() if values.get(key)}


def _association(cloud: Cloud, resource: Resource) -> Any:
    filters = [{"Name": "association.route-table-association-id", "Values": [resource.id]}]
    found = cloud.find("ec2", "DescribeRouteTables", "RouteTables[].Associations[]", Filters=filters)
    return next((a for a in found or [] if a["RouteTableAssociationId"] == resource.id), None)


def _association_id(cloud: Cloud, id: str) -> str:
    """Of what an association is imported by: its subnet and its table."""
    subnet, slash, table = id.partition("/")
    if not slash:
        return id
    found = cloud.find("ec2", "DescribeRouteTables", "RouteTables[0].Associations", RouteTableIds=[table])
    return next((a["RouteTableAssociationId"] for a in found or [] if a.get("SubnetId") == subnet), id)


def _endpoint_lists(cloud: Cloud, old: Resource, new: Resource) -> None:
    call: dict[str, Any] = {"VpcEndpointId": new.id}
    for key, name in (
        ("routeTableIds", "RouteTableIds"),
        ("subnetIds", "SubnetIds"),
        ("securityGroupIds", "SecurityGroupIds"),
    ):
        before, after = set(old.inputs.get(key) or []), set(new.inputs.get(key) or [])
        if after - before:
            call[f"Add{name}"] = sorted(after - before)
        if before - after:
            call[f"Remove{name}"] = sorted(before - after)
    if old.inputs.get("policy") != new.inputs.get("policy"):
        call.update(
            {"PolicyDocument": new.inputs["policy"]} if new.inputs.get("policy") else {"ResetPolicy": True}
        )
    if old.inputs.get("privateDnsEnabled") != new.inputs.get("privateDnsEnabled"):
        call["PrivateDnsEnabled"] = bool(new.inputs.get("privateDnsEnabled"))
    members = cloud.operation("ec2", "ModifyVpcEndpoint").input_shape.members
    if (options := new.inputs.get("dnsOptions")) and options != old.inputs.get("dnsOptions"):
        call["DnsOptions"] = shapes.fit(options, members["DnsOptions"])
    had = old.inputs.get("subnetConfigurations") or []
    given = [each for each in new.inputs.get("subnetConfigurations") or [] if each not in had]
    if given:
        call["SubnetConfigurations"] = shapes.fit(given, members["SubnetConfigurations"])
    cloud.send("ec2", "ModifyVpcEndpoint", call)


def _delete_endpoint(cloud: Cloud, resource: Resource) -> None:
    """The stand-in looks for a route in each table, but gives none to a table that came later."""
    tables = cloud.find(
        "ec2",
        "DescribeVpcEndpoints",
        "VpcEndpoints[0].RouteTableIds",
        VpcEndpointIds=[resource.id],
    )
    routed = cloud.find(
        "ec2",
        "DescribeRouteTables",
        f"RouteTables[?Routes[?GatewayId=='{resource.id}']].RouteTableId",
    )
    if without := sorted(set(tables or []) - set(routed or [])):
        call = {"VpcEndpointId": resource.id, "RemoveRouteTableIds": without}
        cloud.send("ec2", "ModifyVpcEndpoint", call)
    cloud.send("ec2", "DeleteVpcEndpoints", {"VpcEndpointIds": [resource.id]})


def _create_flow_log(cloud: Cloud, resource: Resource) -> str:
    inputs = resource.inputs
    for key, kind in (
        ("vpcId", "VPC"),
        ("subnetId", "Subnet"),
        ("eniId", "NetworkInterface"),
        ("transitGatewayId", "TransitGateway"),
    ):
        if inputs.get(key):
            target = (inputs[key], kind)
            break
    else:
        raise Refused("A flow log needs one of vpcId, subnetId, eniId, transitGatewayId.")
    answer = calls.make(
        cloud, _FLOW_LOG, _FLOW_CALL, cloud.context(resource, old={}, target=target[0], kind=target[1])
    )
    for failed in answer.get("Unsuccessful") or []:
        raise Refused(f"AWS made no flow log: {failed['Error']['Message']}")
    return str(answer["FlowLogIds"][0])


_FLOW_CALL = Call(
    "CreateFlowLogs",
    {"ResourceIds": ["$target"], "ResourceType": "$kind", "TrafficType": "$inputs.trafficType"},
    spread=True,
)
_FLOW_LOG: AwsType = AwsType(
    type="aws:ec2/flowLog:FlowLog",
    service="ec2",
    create=_create_flow_log,
    validated=(Call("CreateFlowLogs", {"ResourceIds": ["x"], "ResourceType": "VPC"}, spread=True),),
    read=ReadCall(Call("DescribeFlowLogs", {"FlowLogIds": ["$id"]}), "FlowLogs[0]"),
    delete=Call("DeleteFlowLogs", {"FlowLogIds": ["$id"]}),
    fields={
        "vpcId": "",
        "subnetId": "",
        "eniId": "",
        "transitGatewayId": "",
        "trafficType": "TrafficType",
        "iamRoleArn": "DeliverLogsPermissionArn",
        "logDestination": "LogDestination",
        "logDestinationType": "LogDestinationType",
        "logFormat": "LogFormat",
        "maxAggregationInterval": "MaxAggregationInterval",
        "destinationOptions": "DestinationOptions",
    },
    read_from={
        "vpcId": "it.ResourceId",
        "subnetId": "it.ResourceId",
        "eniId": "it.ResourceId",
        "transitGatewayId": "it.ResourceId",
        "iamRoleArn": "it.DeliverLogsPermissionArn",
        "destinationOptions": "",
    },
    outputs={"arn": "'arn:{partition}:ec2:{region}:{account}:vpc-flow-log/{id}'"},
    defaults={"logDestinationType": "cloud-watch-logs", "maxAggregationInterval": 600},
    tags=EC2,
)

ROWS: tuple[AwsType, ...] = (
    AwsType(
        type="aws:ec2/vpc:Vpc",
        service="ec2",
        create=Call("CreateVpc", {}, spread=True),
        id="Vpc.VpcId",
        read=_read_vpc,
        delete=Call("DeleteVpc", {"VpcId": "$id"}),
        fields={"assignGeneratedIpv6CidrBlock": "AmazonProvidedIpv6CidrBlock"},
        read_from={"assignGeneratedIpv6CidrBlock": ""},
        outputs={
            "arn": "'arn:{partition}:ec2:{region}:{account}:vpc/{id}'",
            "mainRouteTableId": "it.MainRouteTable",
            "defaultRouteTableId": "it.MainRouteTable",
            "defaultSecurityGroupId": "it.DefaultGroup",
            "defaultNetworkAclId": "it.DefaultAcl",
            "dhcpOptionsId": "it.DhcpOptionsId",
            "instanceTenancy": "it.InstanceTenancy",
            "enableDnsSupport": "it.EnableDnsSupport",
            "enableDnsHostnames": "it.EnableDnsHostnames",
            "ownerId": "account",
        },
        updates=(
            _vpc("enableDnsSupport", "EnableDnsSupport"),
            _vpc("enableDnsHostnames", "EnableDnsHostnames"),
            _vpc("enableNetworkAddressUsageMetrics", "EnableNetworkAddressUsageMetrics"),
        ),
        after_create=("enableDnsSupport", "enableDnsHostnames", "enableNetworkAddressUsageMetrics"),
        tags=EC2,
    ),
    AwsType(
        type="aws:ec2/subnet:Subnet",
        service="ec2",
        create=Call("CreateSubnet", {}, spread=True),
        id="Subnet.SubnetId",
        read=ReadCall(Call("DescribeSubnets", {"SubnetIds": ["$id"]}), "Subnets[0]"),
        delete=Call("DeleteSubnet", {"SubnetId": "$id"}),
        # Two subnets of one range cannot be in a VPC together.
        unique_by=("cidrBlock", "vpcId"),
        outputs={
            "arn": "it.SubnetArn",
            "ownerId": "it.OwnerId",
            "availabilityZone": "it.AvailabilityZone",
            "availabilityZoneId": "it.AvailabilityZoneId",
        },
        updates=(
            _subnet("mapPublicIpOnLaunch", "MapPublicIpOnLaunch"),
            _subnet("assignIpv6AddressOnCreation", "AssignIpv6AddressOnCreation"),
            _subnet("enableDns64", "EnableDns64"),
            _subnet("enableResourceNameDnsARecordOnLaunch", "EnableResourceNameDnsARecordOnLaunch"),
            _subnet("privateDnsHostnameTypeOnLaunch", "PrivateDnsHostnameTypeOnLaunch"),
        ),
        after_create=(
            "mapPublicIpOnLaunch",
            "assignIpv6AddressOnCreation",
            "enableDns64",
            "enableResourceNameDnsARecordOnLaunch",
            "privateDnsHostnameTypeOnLaunch",
        ),
        tags=EC2,
    ),
    AwsType(
        type="aws:ec2/internetGateway:InternetGateway",
        service="ec2",
        create=Call("CreateInternetGateway"),
        id="InternetGateway.InternetGatewayId",
        read=ReadCall(
            Call("DescribeInternetGateways", {"InternetGatewayIds": ["$id"]}), "InternetGateways[0]"
        ),
        delete=_delete_gateway,
        read_from={"vpcId": "it.Attachments[0].VpcId"},
        outputs={
            "arn": "'arn:{partition}:ec2:{region}:{account}:internet-gateway/{id}'",
            "ownerId": "account",
        },
        updates=(Update(("vpcId",), _attach_gateway),),
        after_create=("vpcId",),
        tags=EC2,
    ),
    AwsType(
        type="aws:ec2/eip:Eip",
        service="ec2",
        create=Call("AllocateAddress", {"Domain": "vpc"}, spread=True),
        id="AllocationId",
        read=ReadCall(Call("DescribeAddresses", {"AllocationIds": ["$id"]}), "Addresses[0]"),
        delete=Call("ReleaseAddress", {"AllocationId": "$id"}),
        outputs={
            "allocationId": "id",
            "publicIp": "it.PublicIp",
            "associationId": "it.AssociationId",
            "arn": "'arn:{partition}:ec2:{region}:{account}:elastic-ip/{id}'",
            "domain": "it.Domain",
        },
        tags=EC2,
    ),
    AwsType(
        type="aws:ec2/natGateway:NatGateway",
        service="ec2",
        create=Call("CreateNatGateway", {}, spread=True),
        id="NatGateway.NatGatewayId",
        wait=("nat_gateway_available", {"NatGatewayIds": ["$id"]}),
        read=ReadCall(
            Call("DescribeNatGateways", {"NatGatewayIds": ["$id"]}),
            "NatGateways[0]",
            dead="State == 'deleted'",
        ),
        delete=_delete_nat,
        read_from={"allocationId": "it.NatGatewayAddresses[0].AllocationId", "privateIp": ""},
        outputs={
            "publicIp": "it.NatGatewayAddresses[0].PublicIp",
            "privateIp": "it.NatGatewayAddresses[0].PrivateIp",
            "networkInterfaceId": "it.NatGatewayAddresses[0].NetworkInterfaceId",
            "connectivityType": "it.ConnectivityType",
        },
        # One address serves one gateway.
        unique_by=("allocationId",),
        tags=EC2,
    ),
    AwsType(
        type="aws:ec2/routeTable:RouteTable",
        service="ec2",
        create=Call("CreateRouteTable", {}, spread=True),
        id="RouteTable.RouteTableId",
        read=ReadCall(Call("DescribeRouteTables", {"RouteTableIds": ["$id"]}), "RouteTables[0]"),
        delete=Call("DeleteRouteTable", {"RouteTableId": "$id"}),
        read_from={"routes": ""},
        outputs={"arn": "'arn:{partition}:ec2:{region}:{account}:route-table/{id}'", "ownerId": "it.OwnerId"},
        updates=(Update(("routes",), _inline_routes),),
        after_create=("routes",),
        tags=EC2,
    ),
    AwsType(
        type="aws:ec2/route:Route",
        service="ec2",
        create=Call("CreateRoute", {}, spread=True),
        id=(
            "join('', ['r-', inputs.routeTableId, '|', inputs.destinationCidrBlock || "
            "inputs.destinationIpv6CidrBlock || inputs.destinationPrefixListId])"
        ),
        read=_read_route,
        imported=_route_id,
        delete=_delete_route,
        fields={"egressOnlyGatewayId": "EgressOnlyInternetGatewayId"},
        read_from={"egressOnlyGatewayId": "it.EgressOnlyInternetGatewayId"},
        outputs={"state": "it.State", "origin": "it.Origin"},
        updates=(
            Update(
                tuple(_TARGETS),
                Call(
                    "ReplaceRoute",
                    {
                        "RouteTableId": "$inputs.routeTableId",
                        **{name: f"$inputs.{key}" for key, name in {**_TARGETS, **_DESTINATIONS}.items()},
                    },
                ),
            ),
        ),
        unique_by=("routeTableId", *_DESTINATIONS),
    ),
    AwsType(
        type="aws:ec2/routeTableAssociation:RouteTableAssociation",
        service="ec2",
        create=Call("AssociateRouteTable", {}, spread=True),
        id="AssociationId",
        read=_association,
        imported=_association_id,
        delete=Call("DisassociateRouteTable", {"AssociationId": "$id"}),
        # The API answers a move with a new association id: a replacement, and a subnet has one at a time.
        unique_by=("subnetId", "gatewayId"),
    ),
    AwsType(
        type="aws:ec2/vpcEndpoint:VpcEndpoint",
        service="ec2",
        create=Call("CreateVpcEndpoint", {}, spread=True),
        id="VpcEndpoint.VpcEndpointId",
        read=ReadCall(
            Call("DescribeVpcEndpoints", {"VpcEndpointIds": ["$id"]}),
            "VpcEndpoints[0]",
            dead="State == 'deleted'",
        ),
        delete=_delete_endpoint,
        fields={"policy": "PolicyDocument"},
        read_from={
            "policy": "it.PolicyDocument",
            "securityGroupIds": "it.Groups[].GroupId || it.SecurityGroupIds",
            "dnsOptions": "",
            "subnetConfigurations": "",
        },
        local_only=("autoAccept",),
        outputs={
            "arn": "'arn:{partition}:ec2:{region}:{account}:vpc-endpoint/{id}'",
            "state": "it.State",
            "prefixListId": "it.PrefixListId",
            "ownerId": "account",
            "dnsEntries": "it.DnsEntries",
            "networkInterfaceIds": "it.NetworkInterfaceIds",
            "policy": "it.PolicyDocument",
        },
        defaults={"vpcEndpointType": "Gateway"},
        updates=(
            Update(
                (
                    "routeTableIds",
                    "subnetIds",
                    "securityGroupIds",
                    "policy",
                    "privateDnsEnabled",
                    "dnsOptions",
                    "subnetConfigurations",
                ),
                _endpoint_lists,
            ),
        ),
        tags=EC2,
    ),
    _FLOW_LOG,
)
