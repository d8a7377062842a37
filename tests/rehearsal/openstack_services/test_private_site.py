"""The private site of prod against the real services: up, unchanged, changed and back, killed, down."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.settings.openstack import SCALED_WORKERS
from infra.settings.stack_file import read_stack_file
from rehearsal.openstack_services import services
from rehearsal.openstack_services.session import Session
from rehearsal.stack_copy import STACK
from tests.rehearsal.openstack_services.processes import listener
from tests.rehearsal.standing.standing_estate import ROOT, Standing, standing

pytestmark = [pytest.mark.openstack, pytest.mark.engine]

# Where the rehearsal has its own: addresses of this machine, networks that its AWS site leaves free, keys.
OWN = ("auth_url", "object_store_url", "region", "network", "object_store", "throw_away_keys")


def of_prod() -> dict[str, Any]:
    """prod's private site, by key."""
    file = ROOT / "stacks" / "Pulumi.prod.yaml"
    section = read_stack_file(file, file.name).config["isthmus:openstack"]
    assert isinstance(section, dict)
    own = ("pod_cidr", "service_cidr", "oidc_issuer")
    cluster = {f"cluster.{key}": value for key, value in section["cluster"].items() if key not in own}
    rest = {key: value for key, value in section.items() if key not in (*OWN, "cluster")}
    return {f"openstack.{key}": value for key, value in {**rest, **cluster}.items()}


PROD = of_prod()
SERVING: dict[str, Any] = PROD["openstack.gpu_pools"]["serving"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    folder: Path = tmp_path_factory.mktemp("site") / "estate"
    with standing(folder, faulty=False, written=PROD) as made:
        yield made


def session(site: Standing) -> Session:
    """A session of the estate's user."""
    cloud = services.running(site.estate.home)
    assert cloud is not None
    return Session.of(cloud)


def refreshed_without_drift(site: Standing) -> None:
    """A refresh finds everything as the state says."""
    found = site.run("refresh").result
    assert set(found.changes) == {"same"}, found.stdout


def held(site: Standing) -> dict[str, int]:
    """What the cloud has of the estate's."""
    asked = {
        "networks": ("network", "/v2.0/networks", {"router:external": False}),
        "routers": ("network", "/v2.0/routers", {}),
        # One for each gateway server of the link.
        "floatingips": ("network", "/v2.0/floatingips", {}),
        "clusters": ("container-infra", "/clusters", {}),
    }
    return {
        name: len(session(site).get(service, path, params=params)[name])
        for name, (service, path, params) in asked.items()
    }


def strays(site: Standing) -> list[str]:
    """Paths of what Neutron has of the estate's project, and the state does not name."""
    known = {one.get("id") for one in site.estate.resources()}
    found = []
    for kind in ("networks", "subnets", "routers", "security-groups", "floatingips"):
        asked = {"project_id": session(site).project_id}
        answer = session(site).get("network", f"/v2.0/{kind}", params=asked)
        (things,) = (value for value in answer.values() if isinstance(value, list))
        # Neutron makes the group called default for every project.
        own = [one for one in things if (kind, one.get("name")) != ("security-groups", "default")]
        found += [f"/v2.0/{kind}/{one['id']}" for one in own if one["id"] not in known]
    return found


def test_it_is_up_and_unchanged(site: Standing) -> None:
    assert held(site) == {"networks": 1, "routers": 1, "floatingips": 2, "clusters": 1}
    site.settled()
    refreshed_without_drift(site)


def test_a_number_of_nodes_that_somebody_changed_is_put_right(site: Standing) -> None:
    """The Cluster API's autoscaler tells Magnum nothing: another number there is a person's."""
    (cluster,) = session(site).get("container-infra", "/clusters")["clusters"]
    fewer = {"node_count": 3, "nodegroup": SCALED_WORKERS}
    path = f"/clusters/{cluster['uuid']}"
    session(site).post("container-infra", f"{path}/actions/resize", fewer)
    assert session(site).get("container-infra", path)["node_count"] < cluster["node_count"]
    assert set(site.run("refresh").result.changes) == {"same", "update"}
    assert site.run().changes
    site.settled()
    refreshed_without_drift(site)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("link.ike.lifetime_seconds", 14400),
        ("openstack.cluster.nodes", {"min": 3, "max": 5}),
        ("openstack.cluster.nodes", {"min": 2, "max": 9}),
        ("openstack.cluster.volume_gib", 120),
        ("openstack.network.cidr", "10.21.0.0/20"),
        ("openstack.gpu_pools", {"serving": {**SERVING, "min": 4}}),
        ("openstack.gpu_pools", {"serving": {**SERVING, "min": 5}}),
        ("openstack.gpu_pools", {"serving": {**SERVING, "min": 1, "max": 3}}),
    ],
)
def test_a_change_and_back_ends_clean(site: Standing, key: str, value: object) -> None:
    site.write({**PROD, key: value})
    assert site.run().changes
    site.settled()
    site.write(PROD)
    assert site.run().changes
    site.settled()


def test_an_up_whose_neutron_is_killed_is_brought_to_its_end_by_the_next(site: Standing) -> None:
    site.estate.destroy()
    killed: list[int] = []

    def kill_in_the_middle(event: Mapping[str, Any]) -> None:
        done = (event.get("resOutputsEvent") or {}).get("metadata") or {}
        if not killed and done.get("type") == "openstack:networking/network:Network":
            killed.append(listener(session(site), "network"))
            os.kill(killed[0], signal.SIGKILL)

    failed = site.estate.engine.up(STACK, on_event=kill_in_the_middle, check=False)
    assert killed
    assert failed.status != 0
    assert any("does not answer" in error.message for error in failed.errors()), failed.stdout
    assert site.run().changes
    site.settled()
    # Of what Neutron had in hand when it ended nobody heard whether it was made (docs/recovery.md).
    unknown = strays(site)
    assert len(unknown) <= len(failed.failed)
    for path in unknown:
        session(site).request("network", "DELETE", path)
    assert held(site) == {"networks": 1, "routers": 1, "floatingips": 2, "clusters": 1}


def test_down_leaves_nothing_in_the_cloud(site: Standing) -> None:
    site.estate.destroy()
    assert held(site) == dict.fromkeys(held(site), 0)
