"""The AWS half of the link: gateways, the connection with its two tunnels, its routes.

The stand-in keeps neither tunnel options nor addresses. What AWS would choose (outside addresses, inside
ranges, pre-shared keys) is derived from the connection's id, so that every read gives the same.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from typing import Any

from rehearsal.plugins.aws import calls
from rehearsal.plugins.aws.cloud import Cloud
from rehearsal.plugins.aws.resource_type import AwsType, Call, ReadCall, Update
from rehearsal.plugins.aws.tagging import EC2
from rehearsal.plugins.backend import Properties, Refused, Resource

# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpnTunnelOptionsSpecification.html
_ALGORITHMS = frozenset({"AES128", "AES256", "AES128-GCM-16", "AES256-GCM-16"})
_INTEGRITY = frozenset({"SHA1", "SHA2-256", "SHA2-384", "SHA2-512"})
_CHOICES: dict[str, frozenset[Any]] = {
    "Phase1EncryptionAlgorithms": _ALGORITHMS,
    "Phase2EncryptionAlgorithms": _ALGORITHMS,
    "Phase1IntegrityAlgorithms": _INTEGRITY,
    "Phase2IntegrityAlgorithms": _INTEGRITY,
    "Phase1DhGroupNumbers": frozenset({2, *range(14, 25)}),
    "Phase2DhGroupNumbers": frozenset({2, 5, *range(14, 25)}),
    "IkeVersions": frozenset({"ikev1", "ikev2"}),
    "StartupAction": frozenset({"add", "start"}),
    "DpdTimeoutAction": frozenset({"clear", "none", "restart"}),
}
_RANGES = {
    "Phase1LifetimeSeconds": (900, 28800),
    "Phase2LifetimeSeconds": (900, 3600),
    "RekeyMarginTimeSeconds": (60, 1800),
    "RekeyFuzzPercentage": (0, 100),
    "ReplayWindowSize": (64, 2048),
    "DpdTimeoutSeconds": (30, 3600),
}
_OTHERS = ("InsideCidr", "InsideIpv6Cidr", "PresharedKey", "LogOptions", "EnableTunnelLifecycleControl")
_SUFFIXES = (*_CHOICES, *_RANGES, *_OTHERS)
# Ranges that AWS keeps for itself, same page.
_RESERVED = (
    "169.254.0.0/30",
    "169.254.1.0/30",
    "169.254.2.0/30",
    "169.254.3.0/30",
    "169.254.4.0/30",
    "169.254.5.0/30",
    "169.254.169.252/30",
)
_TUNNELS = ("tunnel1", "tunnel2")
_TUNNEL_KEYS = tuple(f"{tunnel}{suffix}" for tunnel in _TUNNELS for suffix in _SUFFIXES)
_PARAMETER = {"InsideCidr": "TunnelInsideCidr", "InsideIpv6Cidr": "TunnelInsideIpv6Cidr"}
_OPTIONS = {
    "enableAcceleration": "EnableAcceleration",
    "staticRoutesOnly": "StaticRoutesOnly",
    "tunnelInsideIpVersion": "TunnelInsideIpVersion",
    "localIpv4NetworkCidr": "LocalIpv4NetworkCidr",
    "remoteIpv4NetworkCidr": "RemoteIpv4NetworkCidr",
    "localIpv6NetworkCidr": "LocalIpv6NetworkCidr",
    "remoteIpv6NetworkCidr": "RemoteIpv6NetworkCidr",
    "outsideIpAddressType": "OutsideIpAddressType",
    "transportTransitGatewayAttachmentId": "TransportTransitGatewayAttachmentId",
}


def _check_connection(inputs: Properties) -> None:
    if (inputs.get("vpnGatewayId") is None) == (inputs.get("transitGatewayId") is None):
        raise Refused("A VPN connection needs exactly one of vpnGatewayId and transitGatewayId.")
    for tunnel in _TUNNELS:
        for suffix, allowed in _CHOICES.items():
            value = inputs.get(key := f"{tunnel}{suffix}")
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, (str, int)) and item not in allowed:
                    shown = ", ".join(str(choice) for choice in sorted(allowed))
                    raise Refused(f"{key} holds {item!r}, and AWS allows {shown}.", property=key)
        for suffix, (least, most) in _RANGES.items():
            value = inputs.get(key := f"{tunnel}{suffix}")
            # AWS reads 0 as "the default".
            if isinstance(value, (int, float)) and value != 0 and not least <= value <= most:
                raise Refused(f"{key} is {value}, and AWS allows {least} to {most}.", property=key)
        key_value = inputs.get(f"{tunnel}PresharedKey")
        if isinstance(key_value, str) and not re.fullmatch(r"(?!0)[A-Za-z0-9._]{8,64}", key_value):
            raise Refused(
                "A pre-shared key must have 8 to 64 letters, digits, dots or underscores, and not "
                "begin with 0.",
                property=f"{tunnel}PresharedKey",
            )
        _check_inside(inputs.get(f"{tunnel}InsideCidr"), f"{tunnel}InsideCidr")
    first, second = (inputs.get(f"{tunnel}InsideCidr") for tunnel in _TUNNELS)
    if isinstance(first, str) and first == second:
        raise Refused(f"Both tunnels have the inside range {first}.", property="tunnel2InsideCidr")


def _check_inside(value: Any, key: str) -> None:
    if isinstance(value, str) and value:
        inside = ipaddress.ip_network(value)
        local = ipaddress.ip_network("169.254.0.0/16")
        if inside.prefixlen != 30 or not inside.subnet_of(local) or value in _RESERVED:  # type: ignore[arg-type]
            raise Refused(
                f"{key} is {value}, and must be a /30 of 169.254.0.0/16 other than {', '.join(_RESERVED)}.",
                property=key,
            )


def _tunnel(inputs: Properties, tunnel: str) -> Properties:
    """One tunnel's options in the words of EC2's specification."""
    options = {}
    for suffix in _SUFFIXES:
        value = inputs.get(f"{tunnel}{suffix}")
        if value is not None:
            options[_PARAMETER.get(suffix, suffix)] = value
    return options


def _connection_options(resource: Resource) -> Properties:
    options = {
        name: resource.inputs[key] for key, name in _OPTIONS.items() if resource.inputs.get(key) is not None
    }
    options["TunnelOptions"] = [_tunnel(resource.inputs, tunnel) for tunnel in _TUNNELS]
    return options


def _create_connection(cloud: Cloud, resource: Resource) -> str:
    options = _connection_options(resource)
    answer = calls.make(cloud, _CONNECTION, _CREATE, cloud.context(resource, old={}, options=options))
    return str(answer["VpnConnection"]["VpnConnectionId"])


def _read_connection(cloud: Cloud, resource: Resource) -> Any:
    it = cloud.find("ec2", "DescribeVpnConnections", "VpnConnections[0]", VpnConnectionIds=[resource.id])
    if it is None or it.get("State") == "deleted":
        return None
    known = {**resource.outputs, **resource.inputs}
    for index, tunnel in enumerate(_TUNNELS):
        inside = known.get(f"{tunnel}InsideCidr") or _inside(resource.id, index)
        hosts = list(ipaddress.ip_network(inside).hosts())
        it[tunnel] = {
            "address": _outside(resource.id, index),
            "inside": inside,
            "vgw": str(hosts[0]),
            "cgw": str(hosts[1]),
            "key": known.get(f"{tunnel}PresharedKey") or _key(resource.id, index),
        }
    attachments = cloud.find(
        "ec2",
        "DescribeTransitGatewayAttachments",
        "TransitGatewayAttachments[].[ResourceId, TransitGatewayAttachmentId]",
    )
    it["Attachment"] = dict(attachments or []).get(resource.id)
    return it


def _digest(id: str, tunnel: int, what: str) -> bytes:
    return hashlib.sha256(f"{what} of tunnel {tunnel} of {id}".encode()).digest()


def _outside(id: str, tunnel: int) -> str:
    # TEST-NET-3 and -2: addresses that lead nowhere, one network a tunnel, so the two always differ.
    return f"{('203.0.113', '198.51.100')[tunnel]}.{1 + _digest(id, tunnel, 'address')[0] % 254}"


def _inside(id: str, tunnel: int) -> str:
    second, third = _digest(id, tunnel, "inside")[:2]
    return f"169.254.{6 + tunnel * 64 + second % 64}.{third // 4 * 4}/30"


def _key(id: str, tunnel: int) -> str:
    return "k" + _digest(id, tunnel, "key").hex()[:31]


def _modify_tunnels(cloud: Cloud, old: Resource, new: Resource) -> None:
    for tunnel in _TUNNELS:
        options = _tunnel(new.inputs, tunnel)
        if options != _tunnel(old.inputs, tunnel):
            context = cloud.context(
                new, old=old.inputs, options=options, address=old.outputs.get(f"{tunnel}Address")
            )
            calls.make(cloud, _CONNECTION, _MODIFY, context)


_CREATE = Call(
    "CreateVpnConnection",
    {
        "CustomerGatewayId": "$inputs.customerGatewayId",
        "Type": "$inputs.type",
        "VpnGatewayId": "$inputs.vpnGatewayId",
        "TransitGatewayId": "$inputs.transitGatewayId",
        "Options": "$options",
    },
)
_MODIFY = Call(
    "ModifyVpnTunnelOptions",
    {"VpnConnectionId": "$id", "VpnTunnelOutsideIpAddress": "$address", "TunnelOptions": "$options"},
    recorded=True,
)
_MODIFY_GATEWAYS = Call(
    "ModifyVpnConnection",
    {
        "VpnConnectionId": "$id",
        "CustomerGatewayId": "$inputs.customerGatewayId",
        "VpnGatewayId": "$inputs.vpnGatewayId",
        "TransitGatewayId": "$inputs.transitGatewayId",
    },
    recorded=True,
)
_MODIFY_OPTIONS = Call(
    "ModifyVpnConnectionOptions",
    {
        "VpnConnectionId": "$id",
        "LocalIpv4NetworkCidr": "$inputs.localIpv4NetworkCidr",
        "RemoteIpv4NetworkCidr": "$inputs.remoteIpv4NetworkCidr",
    },
    recorded=True,
)
_TUNNEL_OUTPUTS = {
    f"{tunnel}{name}": path
    for tunnel in _TUNNELS
    for name, path in {
        "Address": f"it.{tunnel}.address",
        "InsideCidr": f"it.{tunnel}.inside",
        "VgwInsideAddress": f"it.{tunnel}.vgw",
        "CgwInsideAddress": f"it.{tunnel}.cgw",
        "PresharedKey": f"it.{tunnel}.key",
        "BgpAsn": "'64512'",
        "BgpHoldtime": "`30`",
    }.items()
}
_CONNECTION: AwsType = AwsType(
    type="aws:ec2/vpnConnection:VpnConnection",
    service="ec2",
    create=_create_connection,
    validated=(
        Call(
            "CreateVpnConnection",
            {
                "CustomerGatewayId": "$inputs.customerGatewayId",
                "Type": "$inputs.type",
                "Options": {
                    **{name: f"$inputs.{key}" for key, name in _OPTIONS.items()},
                    "TunnelOptions": [
                        {_PARAMETER.get(suffix, suffix): f"$inputs.{tunnel}{suffix}" for suffix in _SUFFIXES}
                        for tunnel in _TUNNELS
                    ],
                },
            },
        ),
    ),
    read=_read_connection,
    delete=Call("DeleteVpnConnection", {"VpnConnectionId": "$id"}),
    fields={
        "customerGatewayId": "",
        "type": "",
        "vpnGatewayId": "",
        "transitGatewayId": "",
        **dict.fromkeys(_OPTIONS, ""),
        # No call changes them: another inside range is another connection.
        **{key: "" for key in _TUNNEL_KEYS if "Inside" in key},
    },
    read_from={
        **dict.fromkeys(("customerGatewayId", "vpnGatewayId", "transitGatewayId", *_TUNNEL_KEYS), ""),
        **dict.fromkeys(_OPTIONS, ""),
    },
    outputs={
        "arn": "'arn:{partition}:ec2:{region}:{account}:vpn-connection/{id}'",
        "transitGatewayAttachmentId": "it.Attachment",
        "customerGatewayConfiguration": "it.CustomerGatewayConfiguration",
        **_TUNNEL_OUTPUTS,
    },
    updates=(
        Update(("customerGatewayId", "vpnGatewayId", "transitGatewayId"), _MODIFY_GATEWAYS),
        Update(("localIpv4NetworkCidr", "remoteIpv4NetworkCidr"), _MODIFY_OPTIONS),
        Update(
            tuple(key for key in _TUNNEL_KEYS if "Inside" not in key),
            _modify_tunnels,
            "ModifyVpnTunnelOptions",
        ),
    ),
    secret=("tunnel1PresharedKey", "tunnel2PresharedKey", "customerGatewayConfiguration"),
    tags=EC2,
    check=_check_connection,
)


def _attachment(cloud: Cloud, resource: Resource) -> Any:
    gateway = (resource.inputs or resource.outputs).get("vpnGatewayId")
    found = cloud.find(
        "ec2",
        "DescribeVpnGateways",
        "VpnGateways[0].VpcAttachments[?State=='attached'].VpcId",
        VpnGatewayIds=[gateway],
    )
    return {"VpcId": found[0], "VpnGatewayId": gateway} if found else None


def _attach(cloud: Cloud, old: Resource, new: Resource) -> None:
    before, after = old.inputs.get("vpcId"), new.inputs.get("vpcId")
    if before:
        cloud.send("ec2", "DetachVpnGateway", {"VpnGatewayId": new.id, "VpcId": before})
    if after:
        cloud.send("ec2", "AttachVpnGateway", {"VpnGatewayId": new.id, "VpcId": after})


def _delete_gateway(cloud: Cloud, resource: Resource) -> None:
    attached = cloud.find(
        "ec2",
        "DescribeVpnGateways",
        "VpnGateways[0].VpcAttachments[?State=='attached'].VpcId",
        VpnGatewayIds=[resource.id],
    )
    for vpc in attached or []:
        cloud.send("ec2", "DetachVpnGateway", {"VpnGatewayId": resource.id, "VpcId": vpc})
    cloud.send("ec2", "DeleteVpnGateway", {"VpnGatewayId": resource.id})


_ROUTE_TABLE_THERE = Call("DescribeRouteTables", {"RouteTableIds": ["$inputs.routeTableId"]})
_GATEWAY_THERE = Call("DescribeVpnGateways", {"VpnGatewayIds": ["$inputs.vpnGatewayId"]})

ROWS: tuple[AwsType, ...] = (
    AwsType(
        type="aws:ec2/customerGateway:CustomerGateway",
        service="ec2",
        create=Call("CreateCustomerGateway", {}, spread=True),
        id="CustomerGateway.CustomerGatewayId",
        read=ReadCall(
            Call("DescribeCustomerGateways", {"CustomerGatewayIds": ["$id"]}),
            "CustomerGateways[0]",
            dead="State == 'deleted'",
        ),
        delete=Call("DeleteCustomerGateway", {"CustomerGatewayId": "$id"}),
        outputs={"arn": "'arn:{partition}:ec2:{region}:{account}:customer-gateway/{id}'"},
        read_from={"deviceName": "", "certificateArn": ""},
        tags=EC2,
    ),
    AwsType(
        type="aws:ec2/vpnGateway:VpnGateway",
        service="ec2",
        create=Call("CreateVpnGateway", {"Type": "ipsec.1"}, spread=True),
        id="VpnGateway.VpnGatewayId",
        read=ReadCall(
            Call("DescribeVpnGateways", {"VpnGatewayIds": ["$id"]}),
            "VpnGateways[0]",
            dead="State == 'deleted'",
        ),
        delete=_delete_gateway,
        fields={"vpcId": ""},
        read_from={"vpcId": "it.VpcAttachments[?State=='attached'] | [0].VpcId", "availabilityZone": ""},
        outputs={
            "arn": "'arn:{partition}:ec2:{region}:{account}:vpn-gateway/{id}'",
            "amazonSideAsn": "it.AmazonSideAsn || '64512'",
        },
        updates=(Update(("vpcId",), _attach),),
        after_create=("vpcId",),
        tags=EC2,
    ),
    AwsType(
        type="aws:ec2/vpnGatewayAttachment:VpnGatewayAttachment",
        service="ec2",
        create=Call("AttachVpnGateway", {}, spread=True),
        id="join('', ['vpn-attachment-', inputs.vpnGatewayId, '-', inputs.vpcId])",
        read=_attachment,
        delete=Call(
            "DetachVpnGateway",
            {
                "VpnGatewayId": "$inputs.vpnGatewayId || outputs.vpnGatewayId",
                "VpcId": "$inputs.vpcId || outputs.vpcId",
            },
        ),
        unique_by=("vpnGatewayId",),
    ),
    AwsType(
        type="aws:ec2/vpnGatewayRoutePropagation:VpnGatewayRoutePropagation",
        service="ec2",
        create=Call(
            "EnableVgwRoutePropagation",
            {"GatewayId": "$inputs.vpnGatewayId", "RouteTableId": "$inputs.routeTableId"},
        ),
        id="join('_', [inputs.vpnGatewayId, inputs.routeTableId])",
        delete=Call(
            "DisableVgwRoutePropagation",
            {"GatewayId": "$inputs.vpnGatewayId", "RouteTableId": "$inputs.routeTableId"},
        ),
        fields={"vpnGatewayId": "GatewayId", "routeTableId": "RouteTableId"},
        requires=(_ROUTE_TABLE_THERE, _GATEWAY_THERE),
        recorded=True,
        repeatable=True,
    ),
    _CONNECTION,
    AwsType(
        type="aws:ec2/vpnConnectionRoute:VpnConnectionRoute",
        service="ec2",
        create=Call("CreateVpnConnectionRoute", {}, spread=True),
        id="join(':', [inputs.destinationCidrBlock, inputs.vpnConnectionId])",
        delete=Call(
            "DeleteVpnConnectionRoute",
            {
                "DestinationCidrBlock": "$inputs.destinationCidrBlock",
                "VpnConnectionId": "$inputs.vpnConnectionId",
            },
        ),
        requires=(Call("DescribeVpnConnections", {"VpnConnectionIds": ["$inputs.vpnConnectionId"]}),),
        recorded=True,
    ),
)
