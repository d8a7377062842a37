"""The two clusters made ready for pods: providers, closed namespaces, roles and keys."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws
import pulumi_openstack as openstack

from infra import model_serving, retraining, training_pipeline
from infra.aws.identity import ServiceAccount
from infra.aws.pod_roles import PodRoles
from infra.aws.site import AwsSite
from infra.cluster_context import ClusterContext
from infra.in_cluster.namespaces import Namespaces, database_ports, https_ports
from infra.naming import Naming
from infra.openstack.keys import Keys
from infra.openstack.site import OpenStackSite
from infra.providers import goes_with, kubernetes_provider
from infra.settings import Settings
from infra.settings.catalogue import flavours, instance_types


def pods(settings: Settings) -> tuple[dict[str, ServiceAccount], dict[str, ServiceAccount]]:
    """The service accounts that the estate runs pods as, by kind: in AWS, and in OpenStack."""
    in_aws: dict[str, ServiceAccount] = {}
    in_openstack: dict[str, ServiceAccount] = {}
    if settings.training.enabled:
        in_aws |= training_pipeline.IN_AWS
        in_openstack |= training_pipeline.IN_OPENSTACK
        if settings.training.tuning.enabled:
            in_aws |= training_pipeline.TUNING
        if settings.training.retrain.enabled:
            in_openstack |= retraining.IN_OPENSTACK
    if settings.serving.enabled and "aws" in settings.serving.sites:
        in_aws |= model_serving.IN_AWS
    if settings.serving.enabled and "openstack" in settings.serving.sites:
        in_openstack |= model_serving.IN_OPENSTACK
    return in_aws, in_openstack


def prepare_clusters(
    *,
    settings: Settings,
    naming: Naming,
    public: AwsSite,
    private: OpenStackSite,
    aws_cloud: aws.Provider,
    openstack_cloud: openstack.Provider,
) -> tuple[ClusterContext, ClusterContext]:
    """Make both clusters ready: the public shore, and the private one."""
    in_aws, in_openstack = pods(settings)
    roles = PodRoles(
        "pods",
        cluster_name=public.cluster.cluster_name,
        issuer=settings.openstack.cluster.oidc_issuer,
        in_aws=in_aws,
        in_openstack=in_openstack,
        stores=public.stores,
        opts=pulumi.ResourceOptions(provider=aws_cloud),
    )
    ports: Mapping[str, tuple[int, ...]] = {
        "aws": https_ports(settings.aws.endpoint_url),
        "openstack": https_ports(settings.aws.endpoint_url, settings.openstack.object_store_url),
    }
    public_cluster = kubernetes_provider(
        "aws-cluster", public.cluster.kubeconfig, naming.cluster("aws"), after=[public]
    )
    private_cluster = kubernetes_provider(
        "openstack-cluster", private.cluster.kubeconfig, naming.cluster("openstack"), after=[private]
    )
    with_public = goes_with(public.cluster.cluster)
    with_private = goes_with(private.cluster.cluster, private.network.subnet)
    public_spaces = Namespaces(
        "aws",
        pools=public.pools.values(),
        machines=instance_types(),
        store_ports=ports["aws"],
        database_ports=database_ports(settings.training.tuning.storage_url),
        pod_identity=True,
        cluster_id=public.cluster.cluster.arn,
        labels=naming.labels,
        opts=pulumi.ResourceOptions(provider=public_cluster, transformations=[with_public]),
    )
    private_spaces = Namespaces(
        "openstack",
        pools=private.pools.values(),
        machines=flavours(),
        store_ports=ports["openstack"],
        database_ports=database_ports(settings.training.orders_url),
        pod_identity=False,
        cluster_id=private.cluster.cluster_id,
        labels=naming.labels,
        opts=pulumi.ResourceOptions(provider=private_cluster, transformations=[with_private]),
    )
    needs: list[pulumi.Resource] = [roles]
    if settings.training.enabled:
        needs.append(
            Keys(
                "keys",
                barbican_secret=settings.openstack.keys_secret,
                namespace=private_spaces.training,
                labels=naming.labels,
                throw_away=settings.openstack.throw_away_keys,
                opts=pulumi.ResourceOptions(
                    providers=[openstack_cloud, private_cluster], transformations=[with_private]
                ),
            )
        )
    return (
        ClusterContext(
            cluster=public_cluster,
            namespaces=public_spaces,
            pools=public.pools,
            machines=instance_types(),
            roles={},
            goes_with=with_public,
            after=(roles, *public.pool_nodes),
        ),
        ClusterContext(
            cluster=private_cluster,
            namespaces=private_spaces,
            pools=private.pools,
            machines=flavours(),
            roles=roles.federated,
            goes_with=with_private,
            after=(*needs, *private.pool_nodes),
        ),
    )


__all__ = ["pods", "prepare_clusters"]
