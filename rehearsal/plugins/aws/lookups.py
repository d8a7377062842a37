"""Data sources that find what the estate has made by what it called it, as the real provider's do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.plugins.aws.cloud import Cloud, search
from rehearsal.plugins.aws.record import Record
from rehearsal.plugins.backend import Properties, Refused


@dataclass(frozen=True)
class Lookup:
    """One function: the operation that lists, where its answer has them, and the id of one.

    ``result``: where the function's result has the id; a list of ids where it ends in an s.
    """

    operation: str
    at: str
    id: str
    result: str

    def __call__(self, cloud: Cloud, arguments: Properties) -> Properties:
        """The one, or all, that every filter admits."""
        listed = [
            item
            for item in search(self.at, cloud.send("ec2", self.operation)) or []
            if all(_admits(item, one["name"], one["values"]) for one in arguments.get("filters") or [])
            and ("name" not in arguments or item.get("LaunchTemplateName") == arguments["name"])
        ]
        ids = sorted(item[self.id] for item in listed)
        if self.result.endswith("s"):
            return {**arguments, "id": cloud.region, self.result: ids}
        if len(ids) != 1:
            said = "no matching" if not ids else "multiple matching"
            raise Refused(f"{said} EC2 {self.at.partition('[')[0]} found")
        return {**arguments, "id": ids[0], self.result: ids[0]}


def _admits(item: Mapping[str, Any], name: str, values: list[str]) -> bool:
    if name.startswith("tag:"):
        return _tag(item, name.removeprefix("tag:")) in values
    if name in ("state", "vpc-endpoint-state"):
        return str(item.get("State", "available")).lower() in values
    raise Refused(f"The rehearsal's aws plugin does not know the filter {name!r}")


def _tag(item: Mapping[str, Any], key: str) -> str | None:
    return {tag["Key"]: tag["Value"] for tag in item.get("Tags") or []}.get(key)


def _flow_logs(cloud: Cloud) -> Iterable[tuple[str, Mapping[str, str]]]:
    for log in cloud.send("ec2", "DescribeFlowLogs").get("FlowLogs") or []:
        tags = {tag["Key"]: tag["Value"] for tag in log.get("Tags") or []}
        yield f"ec2:{cloud.region}:{cloud.account}:vpc-flow-log/{log['FlowLogId']}", tags


def _keys(cloud: Cloud) -> Iterable[tuple[str, Mapping[str, str]]]:
    for key in cloud.send("kms", "ListKeys").get("Keys") or []:
        tags = cloud.find("kms", "ListResourceTags", "Tags", KeyId=key["KeyId"]) or []
        yield (
            f"kms:{cloud.region}:{cloud.account}:key/{key['KeyId']}",
            {t["TagKey"]: t["TagValue"] for t in tags},
        )


def _pod_identities(cloud: Cloud) -> Iterable[tuple[str, Mapping[str, str]]]:
    kept = Record(cloud.folder).all().get("aws:eks/podIdentityAssociation:PodIdentityAssociation", {})
    for id, one in kept.items():
        cluster = one["inputs"]["clusterName"]
        yield (
            f"eks:{cloud.region}:{cloud.account}:podidentityassociation/{cluster}/{id}",
            {**cloud.config.default_tags, **(one["inputs"].get("tags") or {})},
        )


_KINDS: Mapping[str, Callable[[Cloud], Iterable[tuple[str, Mapping[str, str]]]]] = {
    "ec2:vpc-flow-log": _flow_logs,
    "kms:key": _keys,
    "eks:podidentityassociation": _pod_identities,
}


def index_of_tags(cloud: Cloud, arguments: Properties) -> Properties:
    """What carries all of some tags, of some types."""
    wanted = {one["key"]: one["values"] for one in arguments.get("tagFilters") or []}
    found = []
    for kind in arguments.get("resourceTypeFilters") or _KINDS:
        if kind not in _KINDS:
            raise Refused(f"The rehearsal's index of tags does not know {kind!r}")
        for arn, tags in _KINDS[kind](cloud):
            if all(tags.get(key) in values for key, values in wanted.items()):
                found.append({"resourceArn": f"arn:{cloud.partition}:{arn}", "tags": dict(tags)})
    return {**arguments, "id": cloud.region, "resourceTagMappingLists": found}


def budget(cloud: Cloud, arguments: Properties) -> Properties:
    """A budget by its name."""
    account, name = str(cloud.account), arguments["name"]
    found = cloud.find("budgets", "DescribeBudget", "Budget", AccountId=account, BudgetName=name)
    if found is None:
        raise Refused(f"couldn't find the budget {name}")
    return {**arguments, "id": f"{account}:{name}"}


def key(cloud: Cloud, arguments: Properties) -> Properties:
    """A key by its id, with its state."""
    found = cloud.find("kms", "DescribeKey", "KeyMetadata", KeyId=arguments["keyId"])
    if found is None:
        raise Refused(f"couldn't find the KMS key {arguments['keyId']}")
    return {**arguments, "id": found["KeyId"], "arn": found["Arn"], "keyState": found["KeyState"]}


def oidc_provider(cloud: Cloud, arguments: Properties) -> Properties:
    """An identity provider by its URL."""
    host = arguments["url"].removeprefix("https://")
    arn = f"arn:{cloud.partition}:iam::{cloud.account}:oidc-provider/{host}"
    if cloud.find("iam", "GetOpenIDConnectProvider", "Url", OpenIDConnectProviderArn=arn) is None:
        raise Refused(f"no IAM OpenID Connect provider found for {arguments['url']}")
    return {**arguments, "id": arn, "arn": arn}


def queue(cloud: Cloud, arguments: Properties) -> Properties:
    """A queue by its name."""
    name = arguments["name"]
    listed = cloud.find("sqs", "ListQueues", "QueueUrls", QueueNamePrefix=name) or []
    url = next((each for each in listed if each.rpartition("/")[2] == name), None)
    if url is None:
        raise Refused(f"couldn't find the queue {name}")
    return {**arguments, "id": url, "url": url}


LOOKUPS: Mapping[str, Callable[[Cloud, Properties], Properties]] = {
    "aws:budgets/getBudget:getBudget": budget,
    "aws:sqs/getQueue:getQueue": queue,
    "aws:ec2/getCustomerGateway:getCustomerGateway": Lookup(
        "DescribeCustomerGateways", "CustomerGateways", "CustomerGatewayId", "id"
    ),
    "aws:ec2/getEips:getEips": Lookup("DescribeAddresses", "Addresses", "AllocationId", "allocationIds"),
    "aws:ec2/getInternetGateway:getInternetGateway": Lookup(
        "DescribeInternetGateways", "InternetGateways", "InternetGatewayId", "internetGatewayId"
    ),
    "aws:ec2/getLaunchTemplate:getLaunchTemplate": Lookup(
        "DescribeLaunchTemplates", "LaunchTemplates", "LaunchTemplateId", "id"
    ),
    "aws:ec2/getNatGateways:getNatGateways": Lookup(
        "DescribeNatGateways", "NatGateways", "NatGatewayId", "ids"
    ),
    "aws:ec2/getRouteTables:getRouteTables": Lookup(
        "DescribeRouteTables", "RouteTables", "RouteTableId", "ids"
    ),
    "aws:ec2/getSecurityGroups:getSecurityGroups": Lookup(
        "DescribeSecurityGroups", "SecurityGroups", "GroupId", "ids"
    ),
    "aws:ec2/getSubnets:getSubnets": Lookup("DescribeSubnets", "Subnets", "SubnetId", "ids"),
    "aws:ec2/getVpcEndpoint:getVpcEndpoint": Lookup(
        "DescribeVpcEndpoints", "VpcEndpoints", "VpcEndpointId", "id"
    ),
    "aws:ec2/getVpcs:getVpcs": Lookup("DescribeVpcs", "Vpcs", "VpcId", "ids"),
    "aws:ec2/getVpnConnection:getVpnConnection": Lookup(
        "DescribeVpnConnections", "VpnConnections", "VpnConnectionId", "vpnConnectionId"
    ),
    "aws:ec2/getVpnGateway:getVpnGateway": Lookup("DescribeVpnGateways", "VpnGateways", "VpnGatewayId", "id"),
    "aws:ec2transitgateway/getTransitGateway:getTransitGateway": Lookup(
        "DescribeTransitGateways", "TransitGateways", "TransitGatewayId", "id"
    ),
    "aws:ec2transitgateway/getVpcAttachments:getVpcAttachments": Lookup(
        "DescribeTransitGatewayVpcAttachments",
        "TransitGatewayVpcAttachments",
        "TransitGatewayAttachmentId",
        "ids",
    ),
    "aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider": oidc_provider,
    "aws:kms/getKey:getKey": key,
    "aws:resourcegroupstaggingapi/getResources:getResources": index_of_tags,
    "aws:vpc/getSecurityGroupRules:getSecurityGroupRules": Lookup(
        "DescribeSecurityGroupRules", "SecurityGroupRules", "SecurityGroupRuleId", "ids"
    ),
}

__all__ = ["LOOKUPS"]
