"""The AWS site: everything of the estate that stands there, short of what runs in its cluster."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import pulumi

from infra.aws.cluster import Cluster
from infra.aws.cpu_pool import AwsCpuPool, CpuPoolSpec
from infra.aws.endpoints import Endpoints
from infra.aws.gpu_pool import AwsGpuPool
from infra.aws.identity import Stores
from infra.aws.keys import Keys
from infra.aws.network import Network
from infra.aws.object_store import Lifecycle, PrivateBucket
from infra.aws.registry import Registry
from infra.gpu_pool import GpuPoolSpec
from infra.naming import Naming
from infra.settings import carve
from infra.settings.aws import AwsSettings


@dataclass(frozen=True)
class Buckets:
    """The three buckets of the estate."""

    arrivals: PrivateBucket
    releases: PrivateBucket
    logs: PrivateBucket


class AwsSite(pulumi.ComponentResource):
    """Network, keys, buckets, registry, cluster and GPU pools in one account and one region."""

    network: Network
    keys: Keys
    buckets: Buckets
    registry: Registry
    endpoints: Endpoints | None
    """Where the private site's data goes through the link."""
    cluster: Cluster
    pools: dict[str, GpuPoolSpec]
    """By name: what a job needs to know to ask for one."""
    pool_nodes: list[AwsGpuPool | AwsCpuPool]
    """Of managed pools; what Karpenter makes goes into the cluster (``infra.cluster_platform.karpenter``)."""

    def __init__(
        self,
        name: str,
        *,
        naming: Naming,
        settings: AwsSettings,
        openstack_cidr: str | None,
        data_through_link: bool = False,
        versions: Mapping[str, str],
        addons: Sequence[str] = (),
        taken: Mapping[str, int] | None = None,
        resized: Collection[str] = (),
        protect: bool = True,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the site.

        Args:
            name: of the component.
            naming: of the stack.
            settings: of the site.
            openstack_cidr: network of the OpenStack site, where the two are linked.
            data_through_link: whether its pods reach AWS's services through the link.
            versions: of the cluster's Kubernetes and of its add-ons, by name.
            addons: of EKS, beside those that every cluster needs.
            taken: parts of the VPC that zones of the standing estate have.
            resized: groups of nodes, by key, whose number may be out of their new bounds.
            protect: whether keys, buckets and the cluster refuse to be deleted.
            opts: with the AWS provider.
        """
        super().__init__("isthmus:aws:Site", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.keys = Keys(
            f"{name}-keys",
            naming=naming,
            account_id=settings.account_id,
            region=settings.region,
            protect=protect,
            opts=child,
        )
        self.buckets = self._buckets(naming, settings, protect)
        self.registry = Registry(
            f"{name}-registry",
            images=["training", "serving"],
            kms_key_arn=self.keys.cluster_key_arn,
            keep_images=settings.object_store.keep_objects,
            opts=child,
        )
        # In the order of their names: another order in the settings is no change.
        subnets = carve(settings.network.cidr, tuple(sorted(settings.network.zones)), taken)
        self.network = Network(
            naming.name("aws"),
            cidr=str(settings.network.cidr),
            subnets=subnets,
            nat_per_zone=settings.network.nat_gateways == "per_zone",
            region=settings.region,
            account_id=settings.account_id,
            logs=self.buckets.logs,
            opts=child,
        )
        clients = {"vpc": str(settings.network.cidr)}
        if openstack_cidr is not None:
            clients["private-site"] = openstack_cidr
        self.endpoints = None
        if data_through_link:
            self.endpoints = Endpoints(
                f"{name}-endpoints",
                vpc_id=self.network.vpc_id,
                subnets=subnets,
                subnet_ids=self.network.intra_subnet_ids,
                region=settings.region,
                account_id=settings.account_id,
                clients=clients,
                # S3 has its gateway first, which a private name for inbound resolvers alone wants.
                opts=pulumi.ResourceOptions(parent=self, depends_on=[self.network]),
            )
        self.cluster = Cluster(
            f"{name}-cluster",
            naming=naming,
            settings=settings.cluster,
            region=settings.region,
            vpc=self.network.vpc,
            control_plane_subnet_ids=self.network.intra_subnet_ids,
            node_subnet_ids=self.network.private_subnet_ids,
            api_clients=clients,
            kms_key_arn=self.keys.cluster_key_arn,
            log_retention_days=settings.log_retention_days,
            versions=versions,
            more_addons=addons,
            resized="aws.cluster.system_nodes" in resized,
            protect=protect,
            # Nodes pull their images through the NAT gateways and the S3 endpoint.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.network]),
        )
        self.pools, self.pool_nodes = {}, []
        for pool_name, pool in settings.gpu_pools.items():
            spec = GpuPoolSpec(
                name=pool_name,
                hardware=pool.instance_type,
                min=pool.min,
                max=pool.max,
                purpose=pool.purpose,
            )
            self.pools[pool_name] = spec
            if pool.nodes == "karpenter":
                continue
            self.pool_nodes.append(
                AwsGpuPool(
                    f"{name}-pool-{pool_name}",
                    spec=spec,
                    capacity=pool.capacity,
                    disk_gib=pool.disk_gib,
                    cluster_name=self.cluster.cluster_name,
                    version=self.cluster.version,
                    node_role_arn=self.cluster.node_role_arn,
                    subnet_ids=self.network.private_subnet_ids,
                    tags=naming.tags,
                    resized=f"aws.gpu_pools.{pool_name}" in resized,
                    # Nodes join a cluster whose add-ons are there.
                    opts=pulumi.ResourceOptions(parent=self, depends_on=[self.cluster]),
                )
            )
        for pool_name, cpu_pool in settings.cpu_pools.items():
            self.pool_nodes.append(
                AwsCpuPool(
                    f"{name}-pool-{pool_name}",
                    spec=CpuPoolSpec(pool_name, cpu_pool.instance_type, cpu_pool.min, cpu_pool.max),
                    capacity=cpu_pool.capacity,
                    disk_gib=cpu_pool.disk_gib,
                    cluster_name=self.cluster.cluster_name,
                    version=self.cluster.version,
                    node_role_arn=self.cluster.node_role_arn,
                    subnet_ids=self.network.private_subnet_ids,
                    tags=naming.tags,
                    resized=f"aws.cpu_pools.{pool_name}" in resized,
                    opts=pulumi.ResourceOptions(parent=self, depends_on=[self.cluster]),
                )
            )
        self.register_outputs(
            {
                "arrivals": self.buckets.arrivals.bucket,
                "releases": self.buckets.releases.bucket,
                "logs": self.buckets.logs.bucket,
                "clusterName": self.cluster.cluster_name,
            }
        )

    @property
    def exports(self) -> dict[str, object]:
        """What the stack says of this site."""
        buckets = self.buckets
        return {
            "buckets": {
                "arrivals": buckets.arrivals.bucket,
                "releases": buckets.releases.bucket,
                "logs": buckets.logs.bucket,
            },
            "awsCluster": self.cluster.cluster_name,
            "images": self.registry.urls,
        }

    @property
    def stores(self) -> Stores:
        """What the roles of pods are about."""
        return Stores(
            arrivals_arn=self.buckets.arrivals.arn,
            releases_arn=self.buckets.releases.arn,
            data_key_arn=self.keys.data_key_arn,
        )

    @property
    def route_tables(self) -> dict[str, pulumi.Input[str]]:
        """The tables that must learn the way to the OpenStack site."""
        private = self.network.private_route_table_ids
        tables: dict[str, pulumi.Input[str]] = {f"private-{part}": id for part, id in private.items()}
        return {**tables, "intra": self.network.intra_route_table_id}

    def _buckets(self, naming: Naming, settings: AwsSettings, protect: bool) -> Buckets:
        days = settings.object_store

        def bucket(
            part: str, expire_days: int | None, logs: PrivateBucket | None, locked_days: int | None = None
        ) -> PrivateBucket:
            return PrivateBucket(
                naming.name(part),
                bucket_name=naming.bucket(settings.account_id, part),
                account_id=settings.account_id,
                lifecycle=Lifecycle(superseded_days=days.superseded_days, expire_days=expire_days),
                kms_key_arn=None if logs is None else self.keys.data_key_arn,
                logs=logs,
                receives_logs=logs is None,
                locked_days=locked_days,
                keep_objects=days.keep_objects,
                protect=protect,
                opts=pulumi.ResourceOptions(parent=self),
            )

        logs = bucket("logs", days.logs_days, None)
        return Buckets(
            arrivals=bucket("arrivals", days.arrivals_days, logs),
            # A release stays as long as somebody may want to go back to it.
            releases=bucket("releases", None, logs, days.releases_locked_days),
            logs=logs,
        )


__all__ = ["AwsSite", "Buckets"]
