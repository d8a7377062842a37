"""Whoever brings the estate up must reach both clusters' APIs, or nothing in them is ever made."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from infra.settings.model import Settings
from infra.settings.ways import LOCAL, Site, way
from isthmus.settings.errors import Problem

OPENED: dict[Site, str] = {
    "aws": "aws.cluster.api_allowed_cidrs",
    "openstack": "openstack.cluster.floating_api and api_allowed_cidrs",
}


def ways(settings: Settings) -> Iterator[Problem]:
    """Problems with the ways from where the up runs."""
    if settings.stack == LOCAL:
        return
    found = {site: way(settings, site) for site in OPENED}
    for site, taken in found.items():
        if taken is None:
            yield _no_way(settings, site)
    public = [site for site, taken in found.items() if taken == "public"]
    yield from _named(settings, public)


def _no_way(settings: Settings, site: Site) -> Problem:
    deploy = settings.deploy
    if deploy.runs_from == "public":
        return Problem(
            "deploy.runs_from",
            f"is public, and the API of the {site} cluster has no public address: set {OPENED[site]}, or run "
            "where it is reached, private_site or aws",
        )
    return Problem(
        "link.enabled",
        f"is false, and deploy.runs_from is {deploy.runs_from}, from where only the link leads to the API of "
        f"the {site} cluster: enable it, or set {OPENED[site]}",
    )


def _named(settings: Settings, public: list[Site]) -> Iterator[Problem]:
    deploy, path = settings.deploy, "deploy.from_cidrs"
    if deploy.from_cidrs and not public:
        yield Problem(
            path,
            f"is {', '.join(map(str, deploy.from_cidrs))}, and from {deploy.runs_from} no API is reached by "
            "a public address: remove the key",
        )
        return
    if deploy.runs_from == "public" and not deploy.from_cidrs:
        yield Problem(
            "deploy.runs_from",
            f"is public, and {path} names no network: name the one that the machine's requests come from",
        )
    for site in public:
        allowed = _allowed(settings, site)
        for index, network in enumerate(deploy.from_cidrs):
            if allowed is not None and not any(network.subnet_of(each) for each in allowed):
                yield Problem(
                    f"{path}[{index}]",
                    f"is {network}, which {site}.cluster.api_allowed_cidrs does not let in: add it there",
                )


def _allowed(settings: Settings, site: Site) -> tuple[IPv4Network, ...] | None:
    """None: the driver limits nobody."""
    if site == "aws":
        return settings.aws.cluster.api_allowed_cidrs
    cluster = settings.openstack.cluster
    return cluster.api_allowed_cidrs if "api_allowed_cidrs" in cluster.of_driver.labels else None


__all__ = ["ways"]
