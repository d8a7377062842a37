"""What a moto server holds, without what it was born with."""

from __future__ import annotations

from typing import Any

# kind -> service, operation, JMESPath to the names. Default VPCs and deleted things are left out.
_KINDS: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    "vpcs": ("ec2", "describe_vpcs", "Vpcs[?!IsDefault].VpcId", {}),
    "subnets": ("ec2", "describe_subnets", "Subnets[?!DefaultForAz].SubnetId", {}),
    "internet_gateways": ("ec2", "describe_internet_gateways", "InternetGateways[].InternetGatewayId", {}),
    "nat_gateways": ("ec2", "describe_nat_gateways", "NatGateways[?State!='deleted'].NatGatewayId", {}),
    "eips": ("ec2", "describe_addresses", "Addresses[].AllocationId", {}),
    "vpc_endpoints": ("ec2", "describe_vpc_endpoints", "VpcEndpoints[?State!='deleted'].VpcEndpointId", {}),
    "flow_logs": ("ec2", "describe_flow_logs", "FlowLogs[].FlowLogId", {}),
    "launch_templates": ("ec2", "describe_launch_templates", "LaunchTemplates[].LaunchTemplateId", {}),
    "customer_gateways": (
        "ec2",
        "describe_customer_gateways",
        "CustomerGateways[?State!='deleted'].CustomerGatewayId",
        {},
    ),
    "vpn_gateways": ("ec2", "describe_vpn_gateways", "VpnGateways[?State!='deleted'].VpnGatewayId", {}),
    "vpn_connections": (
        "ec2",
        "describe_vpn_connections",
        "VpnConnections[?State!='deleted'].VpnConnectionId",
        {},
    ),
    "transit_gateways": (
        "ec2",
        "describe_transit_gateways",
        "TransitGateways[?State!='deleted'].TransitGatewayId",
        {},
    ),
    "transit_attachments": (
        "ec2",
        "describe_transit_gateway_attachments",
        "TransitGatewayAttachments[?State!='deleted'].TransitGatewayAttachmentId",
        {},
    ),
    "buckets": ("s3", "list_buckets", "Buckets[].Name", {}),
    "kms_keys": ("kms", "list_keys", "Keys[].KeyId", {}),
    "kms_aliases": ("kms", "list_aliases", "Aliases[?!starts_with(AliasName, 'alias/aws/')].AliasName", {}),
    "repositories": ("ecr", "describe_repositories", "repositories[].repositoryName", {}),
    "roles": ("iam", "list_roles", "Roles[].RoleName", {}),
    "instance_profiles": (
        "iam",
        "list_instance_profiles",
        "InstanceProfiles[].InstanceProfileName",
        {},
    ),
    "queues": ("sqs", "list_queues", "QueueUrls", {}),
    "event_rules": ("events", "list_rules", "Rules[].Name", {}),
    "oidc_providers": ("iam", "list_open_id_connect_providers", "OpenIDConnectProviderList[].Arn", {}),
    "clusters": ("eks", "list_clusters", "clusters", {}),
    "log_groups": ("logs", "describe_log_groups", "logGroups[].logGroupName", {}),
}


def inventory(url: str, region: str = "eu-west-1") -> dict[str, list[str]]:
    """Names or ids by kind, sorted; a kind with nothing is left out. Keys awaiting deletion do not count."""
    import boto3
    import jmespath  # type: ignore[import-untyped]
    from botocore.config import Config

    session = boto3.Session(
        aws_access_key_id="rehearsal",
        aws_secret_access_key="rehearsal",  # noqa: S106 - moto takes any
        region_name=region,
    )
    clients: dict[str, Any] = {}

    def client(service: str) -> Any:
        if service not in clients:
            config = Config(s3={"addressing_style": "path"}, proxies={})
            clients[service] = session.client(service, endpoint_url=url, config=config)
        return clients[service]

    held: dict[str, list[str]] = {}
    for kind, (service, operation, path, arguments) in _KINDS.items():
        asked = client(service)
        pages = (
            asked.get_paginator(operation).paginate(**arguments)
            if asked.can_paginate(operation)
            else [getattr(asked, operation)(**arguments)]
        )
        names = sorted(name for page in pages for name in jmespath.search(path, page) or [])
        if kind == "kms_keys":
            names = [key for key in names if _usable(client("kms"), key)]
        if names:
            held[kind] = names
    groups = client("ec2").describe_security_groups()["SecurityGroups"]
    own = sorted(group["GroupId"] for group in groups if group["GroupName"] != "default")
    if own:
        held["security_groups"] = own
    tables = client("ec2").describe_route_tables()["RouteTables"]
    own = sorted(
        t["RouteTableId"] for t in tables if not any(a.get("Main") for a in t.get("Associations") or [])
    )
    if own:
        held["route_tables"] = own
    for cluster in held.get("clusters", []):
        groups = client("eks").list_nodegroups(clusterName=cluster)["nodegroups"]
        if groups:
            held.setdefault("node_groups", []).extend(f"{cluster}:{name}" for name in groups)
    return held


def _usable(kms: Any, key: str) -> bool:
    it = kms.describe_key(KeyId=key)["KeyMetadata"]
    return bool(it["KeyState"] != "PendingDeletion" and it["KeyManager"] != "AWS")


__all__ = ["inventory"]
