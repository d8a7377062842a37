"""Fields of two owners, before a real API server: what an up meets where somebody else has set something."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import pytest

from rehearsal.control_plane.api import Api
from rehearsal.control_plane.errors import ApiRefused
from tests.rehearsal.control_plane.estates import objects

pytestmark = pytest.mark.timeout(300)

OURS = "pulumi-kubernetes-1234abcd"


def standing(api: Api, kind: str, name: str) -> dict[str, Any]:
    """An object of prod's in AWS, whose namespace is there."""
    site = next(each.inside("owners") for each in objects("prod, all that can be on") if each.site == "aws")
    for namespace in site.of("Namespace"):
        api.apply(namespace)
    return next(copy.deepcopy(each) for each in site.of(kind) if each["metadata"]["name"] == name)


def moved(service: Mapping[str, Any], by: int, *, named: bool) -> dict[str, Any]:
    """The Service with its ports elsewhere; ``named`` by the port, as the component names them."""
    other = copy.deepcopy(dict(service))
    for port in other["spec"]["ports"]:
        port["port"] += by
        port.pop("targetPort", None)
        if named:
            port["name"] = f"worker-{port['port']}"
    return other


@pytest.mark.parametrize("by", [1, 100])
def test_another_base_port_passes_a_preview_beside_the_ports_of_the_creation(api: Api, by: int) -> None:
    """The plugin creates as one manager and previews an update as another, which keeps the ports of both
    (pulumi/pulumi-kubernetes v4.32.0, provider/pkg/await/await.go, ``fixCSAFieldManagers``).
    """
    service = standing(api, "Service", "train")
    if api.get("v1", "Service", "train", service["metadata"]["namespace"]) is None:
        api.create(service)
    ports = {port["port"] for port in service["spec"]["ports"]}
    made = api.apply(moved(service, by, named=True), manager=OURS, dry_run=True, force=True)
    assert {port["port"] for port in made["spec"]["ports"]} == ports | {port + by for port in ports}
    with pytest.raises(ApiRefused, match="Duplicate value"):
        api.apply(moved(service, 100, named=False), manager=OURS, dry_run=True, force=True)


def test_a_number_of_replicas_that_somebody_else_set_is_a_conflict_that_names_them(api: Api) -> None:
    deployment = standing(api, "Deployment", "triton")
    assert "replicas" not in deployment["spec"], "prod has an autoscaler"
    fixed = copy.deepcopy(deployment)
    fixed["spec"]["replicas"] = 2
    api.apply(fixed, manager=OURS)
    by_hand = {key: deployment[key] for key in ("apiVersion", "kind")}
    by_hand["metadata"] = {key: deployment["metadata"][key] for key in ("name", "namespace")}
    by_hand["spec"] = {"replicas": 5}
    api.apply(by_hand, manager="kubectl", force=True)

    with pytest.raises(ApiRefused, match=r'conflict with "kubectl".*\.spec\.replicas'):
        api.apply(fixed, manager=OURS, dry_run=True)
    assert api.apply(fixed, manager=OURS, dry_run=True, force=True)["spec"]["replicas"] == 2
    # With an autoscaler the number is not ours, so there is nothing to fight for.
    assert api.apply(deployment, manager=OURS)["spec"]["replicas"] == 5
