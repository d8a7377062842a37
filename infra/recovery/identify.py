"""How a thing is found again whose creation was not seen to end: by type, from what was declared of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from infra.recovery.pending import Pending

Inputs: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class ById:
    """Its id follows from its inputs: the plugin reads it, as for an import.

    ``as_declared``: the provider has no import for the type and reads it by its properties.
    """

    id: str
    as_declared: bool = False


@dataclass(frozen=True)
class Again:
    """To make it again is to say the same thing twice: nothing can be doubled, nothing is refused."""


Ask: TypeAlias = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]
"""Calls a function of a provider with its arguments; the result, empty where the function finds nothing."""


@dataclass(frozen=True)
class Life:
    """What a function lists may be dead: how each is asked, where the result says, and the words for dead."""

    function: str
    argument: str
    key: str
    dead: frozenset[str]


@dataclass(frozen=True)
class Question:
    """The cloud drew its id: the provider is asked for it by what the estate called it.

    ``key``: where the function's result has the id, or the ids. ``form``: the id to import by, of that one.
    """

    function: str
    arguments: Mapping[str, Any]
    key: str
    form: str = "{}"
    life: Life | None = None

    def ids(self, ask: Ask) -> list[str]:
        """The ids to import by of what is there."""
        found = ask(self.function, self.arguments).get(self.key)
        listed = [_id_in(one) for one in (found if isinstance(found, list) else [found]) if one]
        return [self.form.format(id) for id in listed if self.life is None or not _dead(id, self.life, ask)]


@dataclass(frozen=True)
class ByHand:
    """The provider has no function that finds it: ``command`` shows what there is."""

    command: str


Way: TypeAlias = ById | Again | Question | ByHand


def way(pending: Pending) -> Way:
    """How to find out whether the cloud has made it."""
    if pending.id:
        return ById(pending.id)
    if pending.type.startswith("kubernetes:"):
        return _object(pending)
    found = _WAYS.get(pending.type)
    return found(pending.inputs) if found is not None else ByHand(f"look for {pending} in its cloud")


def _object(pending: Pending) -> Way:
    metadata = pending.inputs.get("metadata") or pending.inputs
    name, namespace = metadata.get("name"), metadata.get("namespace")
    if not name:
        return ByHand(f"kubectl get {pending.type.rpartition(':')[2].lower()} --all-namespaces")
    return ById(f"{namespace}/{name}" if namespace else str(name))


def _dead(id: str, life: Life, ask: Ask) -> bool:
    # No state: gone for good since the list was made.
    return ask(life.function, {life.argument: id}).get(life.key) in (None, *life.dead)


def _id_in(found: Any) -> str:
    """An id; of an entry of the index of tags, what its ARN names."""
    return str(found["resourceArn"]).rpartition("/")[2] if isinstance(found, Mapping) else str(found)


# The ids to import by are those of each type's section "Import" in pulumi-aws 7.51.1 and pulumi-openstack
# 5.5.3, the functions' arguments and results those of the same packages (read 2026-11-27). A VPN connection's
# route and a VPN gateway's attachment have no such section.


def _id(form: str, *, as_declared: bool = False) -> Callable[[Inputs], Way]:
    return lambda inputs: ById(form.format(**inputs), as_declared)


def _again(_: Inputs) -> Way:
    return Again()


def _tagged(function: str, key: str, *, states: str = "") -> Callable[[Inputs], Way]:
    """By its tags, of which Name is its own. ``states``: the filter that leaves out what is dead."""

    def ask(inputs: Inputs) -> Way:
        tags = inputs.get("tags") or {}
        if not tags.get("Name"):
            return ByHand(
                "aws resourcegroupstaggingapi get-resources --tag-filters Key=project,Values=isthmus"
            )
        filters = [{"name": f"tag:{key}", "values": [value]} for key, value in tags.items()]
        if states:
            filters.append({"name": states, "values": ["pending", "available", "attached"]})
        return Question(function, {"filters": filters}, key)

    return ask


def _by_tag_index(kind: str, form: str = "{}", life: Life | None = None) -> Callable[[Inputs], Way]:
    """No function of the provider lists the type: the account's index of tags does, some seconds late."""

    def ask(inputs: Inputs) -> Way:
        tags = inputs.get("tags") or {}
        if not tags.get("Name"):
            return ByHand(f"aws resourcegroupstaggingapi get-resources --resource-type-filters {kind}")
        asked = {
            "resourceTypeFilters": [kind],
            "tagFilters": [{"key": key, "values": [value]} for key, value in tags.items()],
        }
        return Question(
            "aws:resourcegroupstaggingapi/getResources:getResources",
            asked,
            "resourceTagMappingLists",
            form.format(**inputs) if form != "{}" else form,
            life,
        )

    return ask


def _named(
    function: str, *keys: str, at: str = "id", form: str = "{}", **fixed: str
) -> Callable[[Inputs], Way]:
    def ask(inputs: Inputs) -> Way:
        asked = {key: inputs[key] for key in keys if inputs.get(key) is not None}
        return Question(function, {**asked, **fixed}, at, form.format(**inputs) if form != "{}" else form)

    return ask


def _hand(command: str) -> Callable[[Inputs], Way]:
    return lambda inputs: ByHand(command.format(**inputs))


def _route(inputs: Inputs) -> Way:
    to = ("destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId")
    return ById(f"{inputs['routeTableId']}_{next(inputs[key] for key in to if inputs.get(key))}")


_WAYS: Final[Mapping[str, Callable[[Inputs], Way]]] = {
    "aws:budgets/budget:Budget": _named("aws:budgets/getBudget:getBudget", "name"),
    # By its ARN, says the section; the calls take the name, which alone is known beforehand.
    "aws:cloudtrail/trail:Trail": _id("{name}"),
    "aws:cloudwatch/eventRule:EventRule": _id("{name}"),
    "aws:cloudwatch/eventTarget:EventTarget": _again,
    "aws:cloudwatch/logGroup:LogGroup": _id("{name}"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": _id("{name}"),
    "aws:ec2/customerGateway:CustomerGateway": _tagged(
        "aws:ec2/getCustomerGateway:getCustomerGateway", "id", states="state"
    ),
    "aws:costexplorer/costAllocationTag:CostAllocationTag": _again,
    # It is there as soon as its VPC is, and is taken over, never made.
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": _again,
    "aws:ec2/eip:Eip": _tagged("aws:ec2/getEips:getEips", "allocationIds"),
    "aws:ec2/flowLog:FlowLog": _by_tag_index("ec2:vpc-flow-log"),
    "aws:ec2/internetGateway:InternetGateway": _tagged(
        "aws:ec2/getInternetGateway:getInternetGateway", "internetGatewayId"
    ),
    "aws:ec2/launchTemplate:LaunchTemplate": _named("aws:ec2/getLaunchTemplate:getLaunchTemplate", "name"),
    "aws:ec2/natGateway:NatGateway": _tagged("aws:ec2/getNatGateways:getNatGateways", "ids", states="state"),
    "aws:ec2/route:Route": _route,
    "aws:ec2/routeTable:RouteTable": _tagged("aws:ec2/getRouteTables:getRouteTables", "ids"),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": _id("{subnetId}/{routeTableId}"),
    "aws:ec2/securityGroup:SecurityGroup": _tagged("aws:ec2/getSecurityGroups:getSecurityGroups", "ids"),
    "aws:ec2/subnet:Subnet": _tagged("aws:ec2/getSubnets:getSubnets", "ids"),
    "aws:ec2/vpc:Vpc": _tagged("aws:ec2/getVpcs:getVpcs", "ids"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": _tagged(
        "aws:ec2/getVpcEndpoint:getVpcEndpoint", "id", states="vpc-endpoint-state"
    ),
    "aws:ec2/vpnConnection:VpnConnection": _tagged(
        "aws:ec2/getVpnConnection:getVpnConnection", "vpnConnectionId", states="state"
    ),
    "aws:ec2/vpnConnectionRoute:VpnConnectionRoute": _id(
        "{destinationCidrBlock}:{vpnConnectionId}", as_declared=True
    ),
    "aws:ec2/vpnGateway:VpnGateway": _tagged("aws:ec2/getVpnGateway:getVpnGateway", "id", states="state"),
    "aws:ec2/vpnGatewayAttachment:VpnGatewayAttachment": _id(
        "vpn-attachment-{vpnGatewayId}-{vpcId}", as_declared=True
    ),
    "aws:ec2/vpnGatewayRoutePropagation:VpnGatewayRoutePropagation": _again,
    "aws:ec2transitgateway/route:Route": _id("{transitGatewayRouteTableId}_{destinationCidrBlock}"),
    "aws:ec2transitgateway/transitGateway:TransitGateway": _tagged(
        "aws:ec2transitgateway/getTransitGateway:getTransitGateway", "id", states="state"
    ),
    "aws:ec2transitgateway/vpcAttachment:VpcAttachment": _tagged(
        "aws:ec2transitgateway/getVpcAttachments:getVpcAttachments", "ids", states="state"
    ),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": _again,
    "aws:ecr/repository:Repository": _id("{name}"),
    "aws:eks/accessEntry:AccessEntry": _id("{clusterName}:{principalArn}"),
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": _again,
    "aws:eks/addon:Addon": _id("{clusterName}:{addonName}"),
    "aws:eks/cluster:Cluster": _id("{name}"),
    "aws:eks/nodeGroup:NodeGroup": _id("{clusterName}:{nodeGroupName}"),
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": _by_tag_index(
        "eks:podidentityassociation", form="{clusterName},{{}}"
    ),
    "aws:iam/instanceProfile:InstanceProfile": _id("{name}"),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": _named(
        "aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider", "url", at="arn"
    ),
    "aws:iam/role:Role": _id("{name}"),
    "aws:iam/rolePolicy:RolePolicy": _again,
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": _again,
    "aws:kms/alias:Alias": _id("{name}"),
    # A key that waits for its deletion, a week at least, keeps its tags.
    "aws:kms/key:Key": _by_tag_index(
        "kms:key",
        life=Life(
            "aws:kms/getKey:getKey",
            "keyId",
            "keyState",
            frozenset({"PendingDeletion", "PendingReplicaDeletion"}),
        ),
    ),
    "aws:s3/bucket:Bucket": _id("{bucket}"),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _again,
    "aws:s3/bucketLogging:BucketLogging": _again,
    "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": _again,
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": _again,
    "aws:s3/bucketPolicy:BucketPolicy": _again,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _again,
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _again,
    "aws:s3/bucketVersioning:BucketVersioning": _again,
    "aws:sqs/queue:Queue": _named("aws:sqs/getQueue:getQueue", "name", at="url"),
    "aws:sqs/queuePolicy:QueuePolicy": _again,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _tagged(
        "aws:vpc/getSecurityGroupRules:getSecurityGroupRules", "ids"
    ),
    "openstack:compute/keypair:Keypair": _id("{name}"),
    "openstack:containerinfra/cluster:Cluster": _named(
        "openstack:containerinfra/getCluster:getCluster", "name"
    ),
    "openstack:containerinfra/clusterTemplate:ClusterTemplate": _named(
        "openstack:containerinfra/getClusterTemplate:getClusterTemplate", "name"
    ),
    "openstack:containerinfra/nodeGroup:NodeGroup": _named(
        "openstack:containerinfra/getNodeGroup:getNodeGroup", "clusterId", "name", form="{clusterId}/{{}}"
    ),
    "openstack:compute/instance:Instance": _hand("openstack server show {name}"),
    "openstack:compute/serverGroup:ServerGroup": _hand("openstack server group show {name}"),
    "openstack:networking/floatingIp:FloatingIp": _named(
        "openstack:networking/getFloatingIp:getFloatingIp", "description", "portId"
    ),
    "openstack:networking/network:Network": _named("openstack:networking/getNetwork:getNetwork", "name"),
    "openstack:networking/port:Port": _hand("openstack port show {name}"),
    "openstack:networking/router:Router": _named("openstack:networking/getRouter:getRouter", "name"),
    "openstack:networking/routerInterface:RouterInterface": lambda inputs: Question(
        "openstack:networking/getPortIds:getPortIds", {"deviceId": inputs["routerId"]}, "ids"
    ),
    "openstack:networking/routerRoute:RouterRoute": _id("{routerId}-route-{destinationCidr}-{nextHop}"),
    "openstack:networking/secGroup:SecGroup": _named("openstack:networking/getSecGroup:getSecGroup", "name"),
    "openstack:networking/secGroupRule:SecGroupRule": _hand(
        "openstack security group rule list {securityGroupId} --long"
    ),
    "openstack:networking/subnet:Subnet": _named(
        "openstack:networking/getSubnet:getSubnet", "name", "networkId"
    ),
    # Swift takes a container that is there as it takes one that is not.
    "openstack:objectstorage/container:Container": _again,
    "openstack:vpnaas/endpointGroup:EndpointGroup": _hand("openstack vpn endpoint group show {name}"),
    "openstack:vpnaas/ikePolicy:IkePolicy": _hand("openstack vpn ike policy show {name}"),
    "openstack:vpnaas/ipSecPolicy:IpSecPolicy": _hand("openstack vpn ipsec policy show {name}"),
    "openstack:vpnaas/service:Service": _hand("openstack vpn service show {name}"),
    "openstack:vpnaas/siteConnection:SiteConnection": _hand(
        "openstack vpn ipsec site connection show {name}"
    ),
}

TYPES: Final = frozenset(_WAYS)
"""Every type with a row of its own."""

__all__ = ["TYPES", "Again", "Ask", "ByHand", "ById", "Life", "Question", "Way", "way"]
