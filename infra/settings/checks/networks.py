"""Networks must have the size that their clouds want, and zones must fit."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from infra.settings.addresses import SHARED
from infra.settings.model import Settings
from infra.settings.subnets import room
from isthmus.settings.errors import Problem

SIZES = {
    "aws.network.cidr": (16, 18),
    "aws.cluster.service_cidr": (12, 24),
    "openstack.network.cidr": (16, 24),
    "openstack.cluster.pod_cidr": (10, 20),
    "openstack.cluster.service_cidr": (12, 24),
}
"""Widest and narrowest prefix. AWS: VPC user guide, "VPC CIDR blocks" (/16 to /28, and three /20 at
least for two zones here); EKS API reference, KubernetesNetworkConfigRequest (/12 to /24). The pods
of the private site: a /24 for each node."""


def _size(path: str, network: IPv4Network) -> Iterator[Problem]:
    widest, narrowest = SIZES[path]
    if not widest <= network.prefixlen <= narrowest:
        yield Problem(
            path,
            f"is {network}, a /{network.prefixlen}; allowed is /{widest} to /{narrowest}: "
            "write one of that size",
        )


def networks(settings: Settings) -> Iterator[Problem]:
    """Problems with the sizes of networks and how many zones there are."""
    aws, openstack = settings.aws, settings.openstack
    vpc, zones = aws.network.cidr, aws.network.zones
    yield from _size("aws.network.cidr", vpc)
    yield from _size("aws.cluster.service_cidr", aws.cluster.service_cidr)
    yield from _size("openstack.network.cidr", openstack.network.cidr)
    for key in ("pod_cidr", "service_cidr"):
        if (written := getattr(openstack.cluster, key)) is not None:
            yield from _size(f"openstack.cluster.{key}", written)
    if aws.cluster.service_cidr.subnet_of(SHARED):
        yield Problem(
            "aws.cluster.service_cidr",
            f"is {aws.cluster.service_cidr}; EKS takes service addresses of 10.0.0.0/8, 172.16.0.0/12 or "
            "192.168.0.0/16 only: choose one inside",
        )
    for index, allowed in enumerate(aws.cluster.api_allowed_cidrs):
        if allowed.prefixlen < 8:
            yield Problem(
                f"aws.cluster.api_allowed_cidrs[{index}]",
                f"is {allowed}, which opens the cluster's API to the internet; allowed is /8 or narrower: "
                "name the networks of the people who need it",
            )
    if len(zones) > room(vpc) > 0:
        yield Problem(
            "aws.network.zones",
            f"has {len(zones)} zones, but {vpc} has room for {room(vpc)}: name fewer zones or widen "
            "aws.network.cidr",
        )
