"""The private site of prod against the real services: up, unchanged, changed and back, down."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.settings.stack_file import read_stack_file
from rehearsal.estate import EstateError
from rehearsal.openstack_services import services
from rehearsal.openstack_services.choice import Behind
from rehearsal.openstack_services.session import Session
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


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    folder: Path = tmp_path_factory.mktemp("site") / "estate"
    with standing(folder, faulty=False, openstack=Behind.REAL, written=PROD) as made:
        yield made


def held(site: Standing) -> dict[str, int]:
    """What the cloud has of the estate's."""
    cloud = services.running(site.estate.home)
    assert cloud is not None
    session = Session.of(cloud)
    asked = {
        "networks": ("network", "/v2.0/networks", {"router:external": False}),
        "routers": ("network", "/v2.0/routers", {}),
        "ipsec_site_connections": ("network", "/v2.0/vpn/ipsec-site-connections", {}),
        "clusters": ("container-infra", "/clusters", {}),
    }
    return {
        name: len(session.get(service, path, params=params)[name])
        for name, (service, path, params) in asked.items()
    }


def test_it_is_up_and_unchanged(site: Standing) -> None:
    assert held(site) == {"networks": 1, "routers": 1, "ipsec_site_connections": 2, "clusters": 1}
    site.settled()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("link.ike.lifetime_seconds", 14400),
        ("openstack.cluster.nodes", {"min": 3, "max": 5}),
        ("openstack.cluster.volume_gib", 120),
        ("openstack.network.cidr", "10.21.0.0/20"),
    ],
)
def test_a_change_and_back_ends_clean(site: Standing, key: str, value: object) -> None:
    site.write({**PROD, key: value})
    assert site.run().changes
    site.settled()
    site.write(PROD)
    assert site.run().changes
    site.settled()


def test_an_estate_does_not_change_over_while_it_stands(site: Standing) -> None:
    with pytest.raises(EstateError, match="--openstack is record, and this estate stands on real"):
        site.estate.private_cloud(Behind.RECORD)


def test_down_leaves_nothing_in_the_cloud(site: Standing) -> None:
    site.estate.destroy()
    assert held(site) == dict.fromkeys(held(site), 0)
