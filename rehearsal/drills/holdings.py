"""What the clouds and their clusters hold against what the stack's state says: orphans, doubles, gaps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from rehearsal.cluster.of_home import clusters
from rehearsal.home import Home
from rehearsal.plugins.kubernetes.objects import id_of

MANAGER: Final = "pulumi-kubernetes"
"""How the provider's field managers begin (pulumi-kubernetes v4.32.0, provider/pkg/await/await.go)."""
# Kinds of the inventory whose names are the ids that the engine keeps, by the type of the resource.
_KINDS: Final[Mapping[str, str]] = {
    "aws:ec2/vpc:Vpc": "vpcs",
    "aws:ec2/subnet:Subnet": "subnets",
    "aws:ec2/internetGateway:InternetGateway": "internet_gateways",
    "aws:ec2/natGateway:NatGateway": "nat_gateways",
    "aws:ec2/eip:Eip": "eips",
    "aws:ec2/vpcEndpoint:VpcEndpoint": "vpc_endpoints",
    "aws:ec2/flowLog:FlowLog": "flow_logs",
    "aws:ec2/launchTemplate:LaunchTemplate": "launch_templates",
    "aws:ec2/customerGateway:CustomerGateway": "customer_gateways",
    "aws:ec2/vpnGateway:VpnGateway": "vpn_gateways",
    "aws:ec2/vpnConnection:VpnConnection": "vpn_connections",
    "aws:ec2transitgateway/transitGateway:TransitGateway": "transit_gateways",
    "aws:ec2transitgateway/vpcAttachment:VpcAttachment": "transit_attachments",
    "aws:ec2/securityGroup:SecurityGroup": "security_groups",
    "aws:ec2/routeTable:RouteTable": "route_tables",
    "aws:s3/bucket:Bucket": "buckets",
    "aws:kms/key:Key": "kms_keys",
    "aws:kms/alias:Alias": "kms_aliases",
    "aws:ecr/repository:Repository": "repositories",
    "aws:iam/role:Role": "roles",
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": "oidc_providers",
    "aws:eks/cluster:Cluster": "clusters",
    "aws:eks/nodeGroup:NodeGroup": "node_groups",
    "aws:cloudwatch/logGroup:LogGroup": "log_groups",
}


@dataclass(frozen=True)
class Difference:
    """``orphans`` are held and in no state (a double is one, too); ``gaps`` are in the state and not held."""

    orphans: tuple[str, ...]
    gaps: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.orphans or self.gaps)

    def __str__(self) -> str:
        parts = [f"orphans: {', '.join(self.orphans)}"] if self.orphans else []
        parts += [f"gone: {', '.join(self.gaps)}"] if self.gaps else []
        return "; ".join(parts) or "no orphan, no double, no gap"


def compare(held: Mapping[str, Iterable[str]], resources: Iterable[Mapping[str, Any]]) -> Difference:
    """Hold an inventory (kind -> names) against the resources of an exported state."""
    known: dict[str, set[str]] = defaultdict(set)
    for resource in resources:
        if kind := _KINDS.get(resource["type"]):
            known[kind].add(str(resource["id"]))
    orphans = [f"{kind}/{name}" for kind, names in held.items() for name in names if name not in known[kind]]
    gaps = [f"{kind}/{name}" for kind, names in known.items() for name in names - set(held.get(kind, ()))]
    return Difference(tuple(sorted(orphans)), tuple(sorted(gaps)))


def objects(home: Home) -> set[str]:
    """What the provider has put into the clusters, by who the API servers say owns a field of it."""
    return {
        f"{cluster.name.rpartition('-')[2]}: {one['kind']} {id_of(one)}"
        for cluster in clusters(home)
        for one in cluster.everything()
        if any(each["manager"].startswith(MANAGER) for each in one["metadata"].get("managedFields", ()))
    }


def declared_objects(resources: Iterable[Mapping[str, Any]]) -> set[str]:
    """The same by the state's word; a chart's release is no object of its own."""
    return {
        f"{_provider(resource).partition('-')[0]}: {resource['type'].rpartition(':')[2]} {resource['id']}"
        for resource in resources
        if resource["type"].startswith("kubernetes:")
        and not resource["type"].startswith("kubernetes:helm.sh/")
    }


def _provider(resource: Mapping[str, Any]) -> str:
    """The name of a resource's provider: that of a cluster's begins with its site."""
    return str(resource["provider"].split("::")[-2])
