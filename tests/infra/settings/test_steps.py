"""How far one up may go: one minor version of Kubernetes, and the tunnels of one gateway server."""

from __future__ import annotations

import pytest

from infra.pins import EKS_ADDONS, KUBERNETES_VERSION
from infra.settings.changes.beforehand import Standing, output, refusals, warnings
from infra.settings.changes.steps import KUBERNETES, versions
from infra.standing import versions as of_resources
from tests.infra.recorded import changed_settings, estate_of

PINNED = int(KUBERNETES_VERSION.partition(".")[2])
KEY = "aws.cluster.kubernetes_version"


def refused(wanted: str | None, stands: str) -> list[str]:
    changes = {} if wanted is None else {KEY: wanted}
    return [
        f"{each.path} {each.text}"
        for each in refusals(changed_settings("prod", changes), Standing(versions={KUBERNETES: stands}))
    ]


@pytest.mark.parametrize("stands", [PINNED, PINNED - 1])
def test_the_pinned_version_and_the_step_to_it_are_taken(stands: int) -> None:
    assert refused(None, f"1.{stands}") == []


def test_a_jump_of_two_is_refused_with_the_steps() -> None:
    (said,) = refused(None, f"1.{PINNED - 3}")
    assert said.startswith(
        f"{KEY} is 1.{PINNED}, by infra/pins.py, and the cluster that stands has 1.{PINNED - 3}"
    )
    assert f"Write 1.{PINNED - 2}, then 1.{PINNED - 1}, with an up for each, and then remove {KEY}" in said
    assert refused(f"1.{PINNED - 2}", f"1.{PINNED - 3}") == []
    (said,) = refused(f"1.{PINNED - 1}", f"1.{PINNED - 3}")
    assert f"Write 1.{PINNED - 2}, with an up for each, and then write 1.{PINNED - 1}" in said


def test_no_up_takes_a_cluster_back() -> None:
    (said,) = refused(f"1.{PINNED - 1}", KUBERNETES_VERSION)
    assert "no up takes it back" in said
    assert f"else write {KUBERNETES_VERSION} again" in said


def test_a_preview_says_what_an_upgrade_replaces() -> None:
    stands = Standing(versions={KUBERNETES: f"1.{PINNED - 1}", "vpc-cni": "v1.20.4-eksbuild.1"})
    cluster, addon = warnings(changed_settings("prod", {}), stands)
    assert cluster.startswith(f"Kubernetes: 1.{PINNED - 1} becomes {KUBERNETES_VERSION}. ")
    assert "every node" in cluster
    assert addon.startswith(f"add-on vpc-cni: v1.20.4-eksbuild.1 becomes {EKS_ADDONS['vpc-cni']}. ")
    assert addon.endswith("upgrades first.")


def test_on_the_way_the_add_ons_stay_as_they_are() -> None:
    now = changed_settings("prod", {KEY: f"1.{PINNED - 1}"})
    assert versions(now) == {KUBERNETES: f"1.{PINNED - 1}"}
    assert set(versions(changed_settings("prod", {}))) > set(EKS_ADDONS)


def test_the_versions_that_stand_are_those_of_the_state() -> None:
    assert of_resources(
        {
            "urn:pulumi:prod::isthmus::isthmus:aws:Site$aws:eks/cluster:Cluster::aws-cluster": {
                "type": "aws:eks/cluster:Cluster",
                "outputs": {"version": "1.34"},
            },
            "urn:pulumi:prod::isthmus::isthmus:aws:Site$aws:eks/addon:Addon::coredns": {
                "type": "aws:eks/addon:Addon",
                "outputs": {"addonName": "coredns", "addonVersion": "v1.11.4-eksbuild.2"},
            },
            "urn:pulumi:prod::isthmus::openstack:containerinfra/cluster:Cluster::c": {
                "outputs": {"version": "3"}
            },
        }
    ) == {KUBERNETES: "1.34", "coredns": "v1.11.4-eksbuild.2"}
    (cluster,) = estate_of("prod").of("aws:eks/cluster:Cluster")
    assert cluster.inputs["version"] == KUBERNETES_VERSION


def test_an_estate_says_its_versions_of_itself() -> None:
    now = changed_settings("prod", {})
    assert Standing.of(output(now, Standing())).versions == versions(now)


@pytest.mark.parametrize(
    ("generations", "allowed"),
    [([2, 1, 1, 1], True), ([2, 2, 1, 1], True), ([1, 1, 2, 2], True), ([2, 1, 2, 1], False)],
)
def test_the_tunnels_of_one_server_change_in_one_up(generations: list[int], allowed: bool) -> None:
    stands = Standing.of(output(changed_settings("prod", {}), Standing()))
    found = [
        f"{each.path} {each.text}"
        for each in refusals(changed_settings("prod", {"link.key_generations": generations}), stands)
    ]
    assert (found == []) == allowed
    assert allowed or "none would carry" in found[0]


def test_keys_of_ones_own_may_come_to_all_tunnels_at_once() -> None:
    stands = Standing.of(output(changed_settings("prod", {"link.key_generations": None}), Standing()))
    now = changed_settings("prod", {})
    assert list(refusals(now, stands)) == []
    assert any(each.startswith("link.key_generations: ") for each in warnings(now, stands))
