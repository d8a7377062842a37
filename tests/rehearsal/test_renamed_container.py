"""A container of another name is another container, though the provider's own plan is to change it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rehearsal.engine.command import Engine
from rehearsal.home import Home
from rehearsal.openstack_services.services import Cloud

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

PROGRAM = """
import pulumi
import pulumi_openstack as openstack

from infra.naming import Naming
from infra.openstack.object_store import PrivateContainer

cloud = openstack.Provider("openstack", auth_url={url!r}, region={region!r})
made = PrivateContainer(
    "private", container_name={name!r}, naming=Naming("one"), region={region!r}, keep_objects=False,
    protect=False,
    opts=pulumi.ResourceOptions(provider=cloud),
)
pulumi.export("container", made.container)
"""


def test_another_name_makes_another_container(
    home: Home, in_private_site: Cloud, tiny: Callable[..., Path]
) -> None:
    cloud = {"url": in_private_site.auth_url, "region": in_private_site.region}
    engine = Engine(home, tiny(PROGRAM.format(name="orders-one", **cloud)))
    engine.up("one")
    tiny(PROGRAM.format(name="orders-two", **cloud))
    assert engine.up("one").replaced == 1
    assert engine.outputs("one")["container"] == "orders-two"
    assert (again := engine.up("one")).updated + again.replaced == 0
    engine.destroy("one")
