"""A container of another name is another container, though the provider's own plan is to change it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rehearsal.engine.command import Engine
from rehearsal.home import Home

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

PROGRAM = """
import pulumi
import pulumi_openstack as openstack

from infra.naming import Naming
from infra.openstack.object_store import PrivateContainer

cloud = openstack.Provider("openstack", auth_url="http://127.0.0.1:1/v3", region="rehearsal")
made = PrivateContainer(
    "private", container_name={name!r}, naming=Naming("one"), region="rehearsal", keep_objects=False,
    opts=pulumi.ResourceOptions(provider=cloud),
)
pulumi.export("container", made.container)
"""


def test_another_name_makes_another_container(home: Home, tiny: Callable[..., Path]) -> None:
    engine = Engine(home, tiny(PROGRAM.format(name="orders-one")))
    engine.up("one")
    tiny(PROGRAM.format(name="orders-two"))
    assert engine.up("one").replaced == 1
    assert engine.outputs("one")["container"] == "orders-two"
    assert (again := engine.up("one")).updated + again.replaced == 0
