"""No two networks of an estate may overlap: a packet must have one site to go to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from itertools import combinations

from infra.settings.model import Settings
from infra.settings.openstack import OpenStackCluster
from isthmus.settings.errors import Problem


def all_networks(settings: Settings) -> dict[str, IPv4Network]:
    """Every network of both sites and of the link, by key path."""
    aws, openstack = settings.aws, settings.openstack
    inside = settings.link.inside_cidrs if settings.link.enabled else ()
    return {
        "aws.network.cidr": aws.network.cidr,
        "aws.cluster.service_cidr": aws.cluster.service_cidr,
        "openstack.network.cidr": openstack.network.cidr,
        **_of_the_cluster(openstack.cluster),
        **{f"link.inside_cidrs[{index}]": network for index, network in enumerate(inside)},
    }


def _of_the_cluster(cluster: OpenStackCluster) -> dict[str, IPv4Network]:
    """By the key that says it, which is the driver's where no other key can."""
    pods = "pod_cidr" if cluster.pod_cidr else "driver (pods)"
    services = "service_cidr" if cluster.service_cidr else "driver (services)"
    named = {f"openstack.cluster.{pods}": cluster.pods, f"openstack.cluster.{services}": cluster.services}
    return {path: network for path, network in named.items() if network is not None}


def overlaps(named: Mapping[str, IPv4Network]) -> Iterator[Problem]:
    """A problem for each pair of networks that share an address; it names both key paths."""
    for (path, network), (other_path, other) in combinations(named.items(), 2):
        if network.overlaps(other):
            yield Problem(
                path,
                f"is {network}, which overlaps {other_path} {other}; every network of both sites needs "
                "addresses of its own: move one of the two",
            )


def addresses(settings: Settings) -> Iterator[Problem]:
    """Problems with overlapping networks."""
    yield from overlaps(all_networks(settings))
