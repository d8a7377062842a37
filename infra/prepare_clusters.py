"""The two clusters made ready for pods: providers, closed namespaces, roles and keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pulumi
import pulumi_aws as aws
import pulumi_openstack as openstack

from infra.aws.pod_roles import PodRoles
from infra.aws.site import AwsSite
from infra.cluster_context import ClusterContext
from infra.cluster_platform import Platform, Priorities
from infra.cluster_platform.parts import Use, uses
from infra.cluster_platform.undisturbed import undisturbed
from infra.front_services import balancer_maker
from infra.in_cluster.namespaces import Namespaces
from infra.in_cluster.quotas import beside, executors
from infra.naming import Naming
from infra.node_makers import karpenter_names, karpenter_pools, node_makers
from infra.openstack.keys import Keys
from infra.openstack.site import OpenStackSite
from infra.providers import goes_with, kubernetes_provider
from infra.settings import Settings
from infra.settings.catalogue import Machine, flavours, instance_types
from infra.settings.ways import way
from infra.workloads import Site, allowed_traffic, data_through_link, workloads


def prepare_clusters(
    *,
    settings: Settings,
    naming: Naming,
    aws_site: AwsSite,
    openstack_site: OpenStackSite,
    aws_provider: aws.Provider,
    openstack_provider: openstack.Provider,
    link: pulumi.Resource | None,
) -> dict[Site, ClusterContext]:
    """Make both clusters ready, each once its API can be reached: by ``link``, where that leads there."""
    in_openstack = workloads("openstack", settings)
    roles = PodRoles(
        "pods",
        cluster_name=aws_site.cluster.cluster_name,
        issuer=settings.openstack.cluster.oidc_issuer,
        in_aws=workloads("aws", settings),
        in_openstack=in_openstack,
        stores=aws_site.stores,
        opts=pulumi.ResourceOptions(provider=aws_provider),
    )

    endpoints = aws_site.endpoints if data_through_link(settings) else None

    def prepare(
        name: Site,
        site: AwsSite | OpenStackSite,
        machines: Mapping[str, Machine],
        network: str,
        cluster_id: pulumi.Input[str],
        charts: Sequence[Use],
        *roots: pulumi.Resource,
        before: Sequence[pulumi.Resource] = (),
    ) -> ClusterContext:
        carried = [link] if link is not None and way(settings, name) == "link" else []
        cluster = kubernetes_provider(
            f"{name}-cluster", site.cluster.kubeconfig, naming.cluster(name), after=[site, *carried]
        )
        transformation = goes_with(*roots)
        inside = pulumi.ResourceOptions(provider=cluster, transformations=[transformation])
        priorities = Priorities(f"{name}-priorities", labels=naming.labels, opts=inside)
        released: Mapping[str, pulumi.Resource] = {}
        if charts:
            released = Platform(
                f"{name}-platform",
                uses=charts,
                network=network,
                cluster_id=cluster_id,
                labels=naming.labels,
                opts=pulumi.ResourceOptions.merge(inside, pulumi.ResourceOptions(depends_on=[*before])),
            ).releases
        return ClusterContext(
            cluster=cluster,
            namespaces=Namespaces(
                name,
                pools=site.pools.values(),
                machines=machines,
                beside=beside(name, settings),
                allowed=allowed_traffic(name, settings, endpoints.addresses if endpoints else ()),
                cluster_id=cluster_id,
                labels=naming.labels,
                fronts=settings.serving.enabled
                and settings.serving.front.enabled
                and name in settings.serving.sites,
                executors=executors(name, settings),
                opts=inside,
            ),
            pools=site.pools,
            machines=machines,
            roles={},
            endpoints={},
            goes_with=transformation,
            after=(roles, priorities, *site.pool_nodes),
            charts=released,
        )

    eks, makers = aws_site.cluster.cluster, node_makers(settings, naming, aws_site, aws_provider)
    balancers = balancer_maker(settings, naming, aws_site, aws_provider)
    in_eks = prepare(
        "aws",
        aws_site,
        instance_types(),
        str(settings.aws.network.cidr),
        eks.arn,
        [*uses("aws", settings), *makers.charts, *balancers.charts],
        eks,
        before=[*makers.roles, *balancers.roles],
    )
    inside = pulumi.ResourceOptions(provider=in_eks.cluster, transformations=[in_eks.goes_with])
    if bought := karpenter_pools(settings, naming, aws_site, makers, in_eks.charts, inside):
        marks = (undisturbed(karpenter_names(settings)),)
        in_eks = replace(in_eks, after=(*in_eks.after, *bought), marks=marks)
    magnum = openstack_site.cluster
    in_magnum = prepare(
        "openstack",
        openstack_site,
        flavours(),
        str(settings.openstack.network.cidr),
        magnum.cluster_id,
        [*uses("openstack", settings)],
        magnum.cluster,
        openstack_site.network.subnet,
    )
    if endpoints is not None:
        in_magnum = replace(in_magnum, endpoints=endpoints.urls)
    federated = roles.federated
    in_magnum = replace(
        in_magnum, roles={each.account.name: federated[each.kind] for each in in_openstack if federated}
    )
    if settings.training.enabled:
        keys = Keys(
            "keys",
            barbican_secret=settings.openstack.keys_secret,
            namespace=in_magnum.namespaces.training,
            labels=naming.labels,
            throw_away=settings.openstack.throw_away_keys,
            opts=pulumi.ResourceOptions(
                providers=[openstack_provider, in_magnum.cluster], transformations=[in_magnum.goes_with]
            ),
        )
        in_magnum = replace(in_magnum, after=(keys, *in_magnum.after))
    return {"aws": in_eks, "openstack": in_magnum}


__all__ = ["prepare_clusters"]
