"""Nothing in a cluster is tried before its API can be reached: by what the program declares."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import pytest
from pulumi.runtime.mocks import MockMonitor

from infra.settings.ways import way
from tests.infra.recorded import changed_settings, record

OPEN = ["198.51.100.0/24"]
OUTSIDE = {
    "deploy.runs_from": "public",
    "deploy.from_cidrs": ["198.51.100.7/32"],
    "aws.cluster.api_allowed_cidrs": OPEN,
    "openstack.cluster.floating_api": True,
    "openstack.cluster.api_allowed_cidrs": OPEN,
}
Needs = Mapping[str, set[str]]


def needs(changes: Mapping[str, Any]) -> Needs:
    """What each resource of prod waits for, and what that waits for, by ``type::name``."""
    direct: dict[str, set[str]] = defaultdict(set)

    class Noting(MockMonitor):
        def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - of the SDK
            own = f"{request.type}::{request.name}"
            direct[own] |= {_short(urn) for urn in request.dependencies}
            if request.provider:
                direct[own].add(_short(request.provider.rpartition("::")[0]))
            return super().RegisterResource(request)

    from infra.__main__ import estate

    settings = changed_settings("prod", changes)
    record(lambda: estate(settings), "prod", monitor=Noting)

    def all_of(name: str, seen: set[str]) -> set[str]:
        for one in direct.get(name, set()) - seen:
            seen.add(one)
            all_of(one, seen)
        return seen

    return {name: all_of(name, set()) for name in direct}


def _short(urn: str) -> str:
    *_, kinds, name = urn.split("::")
    return f"{kinds.rpartition('$')[2]}::{name}"


def waits(found: Needs, site: str, kind: str) -> set[bool]:
    """Whether all that is in a site's cluster, or none of it, waits for some resource of a kind."""
    provider = f"pulumi:providers:kubernetes::{site}-cluster"
    inside = [name for name, behind in found.items() if provider in behind and name.startswith("kubernetes:")]
    assert len(inside) > 20
    return {any(one.startswith(kind) for one in found[name]) for name in inside}


TUNNEL, SERVER = "aws:ec2/vpnConnection:VpnConnection", "openstack:compute/instance:Instance"
CLUSTERS = {"aws": "aws:eks/addon:Addon", "openstack": "openstack:containerinfra/cluster:Cluster"}


@pytest.mark.parametrize(
    ("changes", "through_the_link"),
    [({}, {"aws"}), ({"deploy.runs_from": "aws"}, {"openstack"}), (OUTSIDE, set[str]())],
    ids=["private_site", "aws", "public"],
)
def test_what_is_in_a_cluster_waits_for_the_way_to_it(
    changes: Mapping[str, Any], through_the_link: set[str]
) -> None:
    found = needs(changes)
    for site, cluster in CLUSTERS.items():
        assert waits(found, site, cluster) == {True}
        for end in (TUNNEL, SERVER):
            assert waits(found, site, end) == {site in through_the_link}, (site, end)


def test_a_first_up_from_elsewhere_makes_the_networks_and_nothing_in_the_clusters() -> None:
    from infra.__main__ import estate

    settings = changed_settings("prod", {"deploy.in_clusters": False})
    made = record(lambda: estate(settings), "prod")
    assert not [each for each in made.resources if each.type.startswith("kubernetes:")]
    for kind in (*CLUSTERS.values(), TUNNEL, SERVER, "aws:budgets/budget:Budget"):
        assert made.of(kind), kind
    assert "serving" not in made.outputs


def test_an_api_with_a_public_address_is_reached_by_it_from_everywhere_but_its_own_network() -> None:
    opened = {"aws.cluster.api_allowed_cidrs": OPEN}
    assert way(changed_settings("prod", opened), "aws") == "public"
    assert way(changed_settings("prod", {**opened, "deploy.runs_from": "aws"}), "aws") == "inside"
    assert way(changed_settings("prod", {}), "aws") == "link"
    assert way(changed_settings("local", {}), "aws") == "inside"
