"""Fronts: what applications ask, on every site that serves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.aws import load_balancers
from infra.aws.load_balancers import LoadBalancerRole
from infra.aws.site import AwsSite
from infra.cluster_context import ClusterContext
from infra.cluster_platform.parts import PROMETHEUS, Use, balanced, wanted
from infra.naming import Naming
from infra.settings import Settings
from infra.workloads import FEEDBACK, Site
from serving.components.front import HTTP, HTTPS, FrontFiles, FrontService, LoadBalancer
from serving.components.front_pod import NAME, Store
from serving.components.triton import TritonService
from serving.front.settings import Times


@dataclass(frozen=True)
class BalancerMaker:
    """What makes load balancers in AWS: nothing where no front wants one."""

    charts: Sequence[Use] = ()
    roles: Sequence[pulumi.Resource] = ()
    """Before the charts."""


def balancer_maker(
    settings: Settings, naming: Naming, site: AwsSite, provider: aws.Provider
) -> BalancerMaker:
    """Declare AWS's controller and its role, where fronts want a load balancer there."""
    if not balanced(settings, wanted("aws", settings)):
        return BalancerMaker()
    cluster, region = naming.cluster("aws"), settings.aws.region
    told = load_balancers.values(cluster, region, site.network.vpc_id)
    role = LoadBalancerRole(
        "aws-load-balancers",
        cluster_name=site.cluster.cluster_name,
        cluster=cluster,
        account_id=settings.aws.account_id,
        region=region,
        opts=pulumi.ResourceOptions(provider=provider),
    )
    return BalancerMaker([Use(load_balancers.NAME, load_balancers.NAMESPACE, told)], [role])


def front_services(
    clusters: Mapping[Site, ClusterContext],
    servers: Mapping[str, TritonService],
    *,
    settings: Settings,
    naming: Naming,
    image: pulumi.Input[str],
    arrivals_bucket: pulumi.Input[str],
) -> dict[str, FrontService]:
    """Fronts beside the Triton servers of each site; each asks those of its own."""
    front = settings.serving.front
    return {
        site: FrontService(
            f"{site}-front",
            namespace=clusters[site].namespaces.serving,
            image=image,
            files=front_files(settings),
            drain_s=front.drain_s,
            load_balancer=load_balancer(site, settings, naming),
            store=_store(clusters[site], settings, arrivals_bucket),
            replicas_min=front.replicas.min,
            replicas_max=front.replicas.max,
            labels=naming.labels,
            monitored_by=clusters[site].charts.get(PROMETHEUS),
            opts=pulumi.ResourceOptions.merge(
                clusters[site].options,
                pulumi.ResourceOptions(
                    depends_on=[
                        servers[site],
                        *(
                            [clusters[site].charts[load_balancers.NAME]]
                            if load_balancers.NAME in clusters[site].charts
                            else []
                        ),
                    ]
                ),
            ),
        )
        for site in settings.serving.sites
    }


def _store(cluster: ClusterContext, settings: Settings, bucket: pulumi.Input[str]) -> Store | None:
    """Where the fronts of a site bring feedback."""
    if not settings.serving.front.feedback:
        return None
    return Store(
        bucket=bucket,
        prefix=FEEDBACK,
        region=settings.aws.region,
        role_arn=cluster.roles.get(NAME),
        endpoint_url=settings.aws.endpoint_url,
        endpoints=cluster.endpoints,
    )


def front_files(settings: Settings) -> FrontFiles:
    """What the fronts of an estate read."""
    front = settings.serving.front
    times = Times(
        hedge_after_s=min(Times().hedge_after_s, front.answer_s),
        answer_s=front.answer_s,
        drain_s=front.drain_s,
    )
    said = {
        "limits": front.limits.model_dump(mode="json"),
        "times": times.model_dump(mode="json"),
        **({"tokens": front.tokens.model_dump(mode="json")} if front.tokens else {}),
    }
    rules = [rule.model_dump(mode="json", exclude_defaults=True) for rule in front.guard]
    return FrontFiles(
        settings=said, keys={caller.name: caller.sha256 for caller in front.callers}, rules=rules
    )


def load_balancer(site: Site, settings: Settings, naming: Naming) -> LoadBalancer:
    """What stands before the fronts of a site: inside its network, and for those who may ask."""
    front = settings.serving.front
    network = str((settings.aws if site == "aws" else settings.openstack).network.cidr)
    certificate = getattr(front.certificates, site)
    from_cidrs = [network, *map(str, front.from_cidrs)]
    if site == "aws":
        return LoadBalancer(
            annotations=load_balancers.service_annotations(certificate, naming.tags),
            controller=load_balancers.CLASS,
            network=network,
            from_cidrs=from_cidrs,
            port=HTTPS if certificate else HTTP,
            node_ports=False,
        )
    return LoadBalancer(
        annotations=_octavia(certificate),
        controller=None,
        network=network,
        from_cidrs=from_cidrs,
        port=HTTPS if certificate else HTTP,
    )


def _octavia(certificate: str | None) -> dict[str, str]:
    """No floating address, and members that do not answer are left out.

    kubernetes/cloud-provider-openstack@c453fb7, docs/openstack-cloud-controller-manager/
    expose-applications-using-loadbalancer-type-service.md (2026-11-28).
    """
    said = {
        "service.beta.kubernetes.io/openstack-internal-load-balancer": "true",
        "loadbalancer.openstack.org/enable-health-monitor": "true",
    }
    if certificate is not None:
        said["loadbalancer.openstack.org/default-tls-container-ref"] = certificate
    return said


__all__ = ["BalancerMaker", "balancer_maker", "front_files", "front_services", "load_balancer"]
