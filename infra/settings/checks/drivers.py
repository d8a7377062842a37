"""What Magnum's driver does not read must not be written, and what it needs must be."""

from __future__ import annotations

from collections.abc import Iterator

from infra.settings.drivers import DRIVERS, drivers_that_read
from infra.settings.model import Settings
from infra.settings.openstack import OpenStackCluster, OpenStackSettings
from isthmus.settings.errors import Problem

CLUSTER = "openstack.cluster"
WIDEST = 8
"""Of a network that may reach the API, as EKS's."""


def drivers(settings: Settings) -> Iterator[Problem]:
    """Problems between the private cluster's settings and the driver that makes it."""
    yield from _image(settings.openstack.cluster)
    yield from _networks(settings.openstack)
    yield from _reach(settings.openstack.cluster)
    yield from _sizes(settings.openstack)


def _image(cluster: OpenStackCluster) -> Iterator[Problem]:
    """A name tells of another distribution; one that tells of none is taken as it is."""
    known = {each for driver in DRIVERS.values() for each in driver.distributions}
    named = {each for each in known if each in cluster.image.lower()}
    distributions = " or ".join(cluster.of_driver.distributions)
    if named and not named & {*cluster.of_driver.distributions}:
        yield Problem(
            f"{CLUSTER}.image",
            f"is {cluster.image}; driver {cluster.driver} boots {distributions} only: name "
            f"{cluster.of_driver.image}, or write the driver that your cloud has",
        )


def _networks(openstack: OpenStackSettings) -> Iterator[Problem]:
    cluster, driver = openstack.cluster, openstack.cluster.of_driver
    for key, what, own in (
        ("pod_cidr", "pods", driver.pods),
        ("service_cidr", "services", driver.services),
    ):
        written = getattr(cluster, key)
        if written is not None and key not in driver.labels:
            yield Problem(
                f"{CLUSTER}.{key}",
                f"is {written}, which driver {cluster.driver} does not read: its {what} have {own}; remove "
                f"the key, or write driver {drivers_that_read(key)} if your cloud has it",
            )
        elif written is None and own is None:
            yield Problem(
                f"{CLUSTER}.{key}",
                f"is absent, and driver {cluster.driver} takes the network of the {what} from there: write "
                "one such as 10.24.0.0/16",
            )
    if cluster.network_driver not in driver.network_drivers:
        yield Problem(
            f"{CLUSTER}.network_driver",
            f"is {cluster.network_driver}, which driver {cluster.driver} does not know: write "
            f"{' or '.join(driver.network_drivers)}",
        )
    if driver.needs_dns and not openstack.network.dns:
        yield Problem(
            "openstack.network.dns",
            f"names no server, and driver {cluster.driver} makes no cluster without one: name your cloud's",
        )


def _reach(cluster: OpenStackCluster) -> Iterator[Problem]:
    path, allowed = f"{CLUSTER}.api_allowed_cidrs", cluster.api_allowed_cidrs
    readers = drivers_that_read("api_allowed_cidrs")
    shown = ", ".join(map(str, allowed))
    limits = "api_allowed_cidrs" in cluster.of_driver.labels
    if allowed and not limits:
        yield Problem(
            path,
            f"is {shown}, and driver {cluster.driver} limits nobody: remove the key and keep floating_api "
            f"false, or write driver {readers} if your cloud has it",
        )
    elif allowed and not cluster.floating_api:
        yield Problem(
            path,
            f"is {shown}, and {CLUSTER}.floating_api is false, so that only the private network reaches the "
            "API: remove the key, or set floating_api to true",
        )
    elif cluster.floating_api and limits and not allowed:
        yield Problem(
            path,
            f"is empty, and {CLUSTER}.floating_api is true, which opens the cluster's API to everyone who "
            "reaches the external network: name the networks of the people and machines who need it",
        )
    for index, network in enumerate(allowed):
        if network.prefixlen < WIDEST:
            yield Problem(
                f"{path}[{index}]",
                f"is {network}, which opens the cluster's API to the internet; allowed is /{WIDEST} or "
                "narrower: name the networks of the people who need it",
            )


def _sizes(openstack: OpenStackSettings) -> Iterator[Problem]:
    cluster, driver = openstack.cluster, openstack.cluster.of_driver
    nodes = cluster.nodes
    bounds = {f"{CLUSTER}.nodes": (nodes.min, nodes.max)}
    bounds |= {
        f"openstack.gpu_pools.{name}": (each.min, each.max) for name, each in openstack.gpu_pools.items()
    }
    for path, (least, most) in bounds.items():
        if not driver.scales and least < most:
            yield Problem(
                f"{path}.max",
                f"is {most} and min {least}, and the autoscaler of driver {cluster.driver} knows no "
                "node group of yours: write both alike",
            )
    if driver.scales and nodes.min < nodes.max and nodes.min - 1 < driver.least_scaled:
        yield Problem(
            f"{CLUSTER}.nodes.min",
            f"is {nodes.min}, and driver {cluster.driver} keeps {driver.least_scaled} node in a group that "
            f"scales beside the cluster's own: write {driver.least_scaled + 1}, or max {nodes.min} too",
        )
    for name in openstack.gpu_pools:
        if len(name) < driver.shortest_group:
            yield Problem(
                f"openstack.gpu_pools.{name}",
                f"has a name of {len(name)} letters; driver {cluster.driver} takes node groups of "
                f"{driver.shortest_group} letters or more: call it otherwise",
            )


__all__ = ["drivers"]
