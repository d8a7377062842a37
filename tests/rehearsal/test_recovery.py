"""What was being made when an engine was killed, found again by the real engine and plugins' functions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rehearsal.engine.command import Engine
from rehearsal.home import Home
from rehearsal.openstack_services.services import Cloud
from rehearsal.openstack_services.session import Session
from rehearsal.plugins.openstack import client
from rehearsal.recovery import recover

pytestmark = pytest.mark.engine

PROGRAM = """
import pulumi
import pulumi_openstack as openstack

cloud = openstack.Provider("cloud", auth_url={url!r}, region={region!r})
opts = pulumi.ResourceOptions(provider=cloud)
openstack.networking.Router("edge", name="edge-to-recover", opts=opts)
group = openstack.networking.SecGroup("group", name="group", delete_default_rules=True, opts=opts)
openstack.networking.SecGroupRule(
    "rule", direction="egress", ethertype="IPv4", security_group_id=group.id, opts=opts
)
"""


@pytest.fixture
def program(home: Home, in_private_site: Cloud, tiny: Callable[..., Path]) -> Iterator[Path]:
    folder = tiny(PROGRAM.format(url=in_private_site.auth_url, region=in_private_site.region))
    others = client.held(home)
    yield folder
    Engine(home, folder).destroy("one")
    assert client.held(home) == others


def _latest(home: Home, change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """The state on disk, changed."""
    file = home.state / ".pulumi" / "stacks" / "tiny" / "one.json"
    state = json.loads(file.read_text())
    latest: dict[str, Any] = state["checkpoint"]["latest"]
    change(latest)
    file.write_text(json.dumps(state))
    return latest


def _open(latest: dict[str, Any], *names: str, ghost: str = "") -> None:
    """Have the state say of resources that they were being made, and of one that is nowhere."""
    operations = []
    for one in [one for one in latest["resources"] if one["urn"].rpartition("::")[2] in names]:
        latest["resources"].remove(one)
        left = {key: value for key, value in one.items() if key not in ("id", "outputs")}
        operations.append({"type": "creating", "resource": left})
        if ghost and one["type"].endswith(":Router"):
            other = {**left, "urn": f"{one['urn']}-{ghost}", "inputs": {**left["inputs"], "name": ghost}}
            operations.append({"type": "creating", "resource": other})
    latest["pending_operations"] = operations


def test_what_a_cloud_has_made_is_taken_in_and_nothing_is_doubled(home: Home, program: Path) -> None:
    said: list[str] = []
    engine = Engine(home, program, said.append, recover)
    engine.up("one")
    before = client.held(home)
    _latest(home, lambda latest: _open(latest, "edge", "rule", ghost="none"))

    result = engine.up("one")

    assert (result.created, result.updated, result.deleted) == (0, 0, 0), result.stdout
    assert client.held(home) == before
    told = {line.partition(" ")[0]: line for line in said}
    assert "taken into the state" in told["edge"]
    assert "taken into the state" in told["rule"]
    assert "is not in the cloud: the next up makes it" in told["edge-none"]


def test_the_engine_alone_says_that_it_exists(home: Home, program: Path) -> None:
    engine = Engine(home, program)
    engine.up("one")
    _latest(home, lambda latest: _open(latest, "rule"))
    result = engine.up("one", check=False)
    assert "409: Security group rule already exists" in result.errors()[0].message
    assert any("pending operations" in one.message for one in result.diagnostics)


def test_a_recovery_that_was_killed_is_gone_on_with_by_whatever_up_comes_next(
    home: Home, program: Path, in_private_site: Cloud
) -> None:
    engine = Engine(home, program)
    engine.up("one")
    before = client.held(home)

    def unread(latest: dict[str, Any]) -> None:
        for one in latest["resources"]:
            name = one["urn"].rpartition("::")[2]
            if name in ("edge", "rule"):
                one |= {"outputs": {}, "refreshBeforeUpdate": True}
                one["id"] = one["id"] if name == "edge" else "never-made"

    latest = _latest(home, lambda _: None)
    (rule,) = [one["id"] for one in latest["resources"] if one["urn"].endswith("::rule")]
    path = f"/v2.0/security-group-rules/{rule}"
    Session.of(in_private_site).request("network", "DELETE", path)
    _latest(home, unread)
    result = engine.up("one")
    assert (result.created, result.updated) == (1, 0), result.stdout
    assert len(client.held(home)) == len(before)
