"""Who makes nodes in AWS when pods wait for them: the cluster autoscaler, Karpenter, or both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.aws import autoscaler, karpenter
from infra.aws.autoscaler import AutoscalerRole
from infra.aws.karpenter import Karpenter
from infra.aws.site import AwsSite
from infra.cluster_platform.karpenter import KarpenterPool
from infra.cluster_platform.parts import SYSTEM, Use, autoscaled, wanted
from infra.naming import Naming
from infra.settings import Settings
from infra.settings.catalogue import instance_types


@dataclass(frozen=True)
class NodeMakers:
    """What the two need in AWS, and the charts that they are."""

    charts: Sequence[Use]
    roles: Sequence[pulumi.Resource]
    """Before the charts."""
    karpenter: Karpenter | None


def karpenter_names(settings: Settings) -> list[str]:
    """The pools whose nodes Karpenter makes."""
    return [name for name, pool in settings.aws.gpu_pools.items() if pool.nodes == "karpenter"]


def node_makers(settings: Settings, naming: Naming, site: AwsSite, provider: aws.Provider) -> NodeMakers:
    """Declare what they need in AWS: nothing where nothing can be made."""
    cluster, region = naming.cluster("aws"), settings.aws.region
    charts: list[Use] = []
    roles: list[pulumi.Resource] = []
    opts = pulumi.ResourceOptions(provider=provider)
    parts = wanted("aws", settings)
    if autoscaled(settings, parts):
        charts.append(Use(autoscaler.NAME, SYSTEM, autoscaler.values(cluster, region)))
        roles.append(
            AutoscalerRole(
                "aws-autoscaler",
                cluster_name=site.cluster.cluster_name,
                cluster=cluster,
                account_id=settings.aws.account_id,
                region=region,
                opts=opts,
            )
        )
    buys: Karpenter | None = None
    if karpenter_names(settings):
        # One for each node that never goes: its chart puts no two on one.
        replicas = min(2, settings.aws.cluster.system_nodes.min)
        told = karpenter.values(cluster, region, replicas=replicas, monitored="monitoring" in parts)
        charts += [Use(karpenter.DEFINITIONS, SYSTEM, {}), Use(karpenter.NAME, SYSTEM, told)]
        buys = Karpenter(
            "aws-karpenter",
            naming=naming,
            account_id=settings.aws.account_id,
            region=region,
            cluster_name=site.cluster.cluster_name,
            node_role_arn=site.cluster.node_role_arn,
            opts=opts,
        )
        roles.append(buys)
    return NodeMakers(charts, roles, buys)


def karpenter_pools(
    settings: Settings,
    naming: Naming,
    site: AwsSite,
    makers: NodeMakers,
    released: Mapping[str, pulumi.Resource],
    inside: pulumi.ResourceOptions,
) -> list[KarpenterPool]:
    """Declare the pools of Karpenter in the cluster, after its charts."""
    if makers.karpenter is None:
        return []
    after = [released[karpenter.DEFINITIONS], released[karpenter.NAME]]
    opts = pulumi.ResourceOptions.merge(inside, pulumi.ResourceOptions(depends_on=after))
    return [
        KarpenterPool(
            f"aws-pool-{name}",
            spec=site.pools[name],
            machine=instance_types()[site.pools[name].hardware],
            capacity=settings.aws.gpu_pools[name].capacity,
            disk_gib=settings.aws.gpu_pools[name].disk_gib,
            cluster=naming.cluster("aws"),
            instance_profile=makers.karpenter.instance_profile,
            subnet_ids=site.network.private_subnet_ids,
            labels=naming.labels,
            tags=naming.tags,
            opts=opts,
        )
        for name in karpenter_names(settings)
    ]


__all__ = ["NodeMakers", "karpenter_names", "karpenter_pools", "node_makers"]
