"""An estate that is protected ends, with load balancers, nodes and volumes that no state knows."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Final

from infra.doctor.clouds import Clouds
from infra.naming import Naming
from infra.teardown import aws as in_aws
from infra.teardown.teardown import plan, tear_down
from rehearsal.drills.drill import Drill, bring_up, expect
from rehearsal.drills.planted import plant_in_aws, plant_in_openstack
from rehearsal.engine.result import UpdateFailed
from rehearsal.estate import Estate
from rehearsal.openstack_services import services
from rehearsal.openstack_services.session import Session
from rehearsal.orders import BUCKET
from rehearsal.plugins.aws.inventory import inventory
from rehearsal.plugins.openstack import client
from rehearsal.sandbox import change
from rehearsal.stack_copy import STACK
from rehearsal.teardown import RehearsedEngine

PROTECTED: Final = 8
"""Three buckets, two keys, a container, two clusters."""


def play(estate: Estate, rounds: int, say: Callable[[str], None]) -> str:
    """Bring a protected estate up, plant what controllers make, and end it: the engine alone refuses to."""
    change(
        estate.project_dir,
        {
            "training": {"enabled": False},
            "serving": {"enabled": False},
            "protection": {"protect": True},
        },
    )
    cluster = Naming(STACK).cluster("aws")
    for _ in range(rounds):
        estate.private_cloud()
        # The shop's orders were there before the estate, and stay.
        before = {*client.held(estate.home), BUCKET}
        bring_up(estate)
        clouds = _clouds(estate)
        by_type: dict[str, list[dict[str, Any]]] = {}
        for one in estate.resources():
            by_type.setdefault(one["type"], []).append(one)
        subnets = [one["id"] for one in by_type["aws:ec2/subnet:Subnet"] if "-private-" in one["urn"]]
        planted = plant_in_aws(clouds.aws, cluster, subnets)
        (network,) = by_type["openstack:networking/network:Network"]
        cloud = services.running(estate.home)
        expect(cloud is not None, "the private site's services do not run")
        assert cloud is not None  # noqa: S101 - for the types
        plant_in_openstack(Session.of(cloud), network["id"])
        try:
            estate.destroy()
            expect(False, "the engine ended what is protected")
        except UpdateFailed as refused:
            say(f"the engine alone: {str(refused).splitlines()[0]}")
        engine = RehearsedEngine(estate)
        found = plan(engine, clouds, STACK)
        expect(len(found.protected) == PROTECTED, f"protected are {found.protected}")
        told = {(one.kind, one.id) for one in found.leftovers if one.site == "aws"}
        expect(told == planted, f"planted were {planted}, told of {told}")
        expect(
            any(one.site == "openstack" for one in found.leftovers), "nothing was told of the private site"
        )
        tear_down(engine, clouds, found, say)
        expect(not estate.resources(), f"the state still has {len(estate.resources())} resources")
        expect(not list(in_aws.leftovers(clouds.aws, cluster)), "something of the cluster's is left in AWS")
        url = str(estate.settings.aws.endpoint_url)
        left = {kind: names for kind, names in inventory(url).items() if names and kind != "kms_keys"}
        expect(not left, f"AWS still has {left}")
        held = client.held(estate.home)
        expect(not held - before, f"the private site still has {held - before}")
    return f"ended {rounds} times, with {len(planted) + 2} things that no state knew"


def _clouds(estate: Estate) -> Clouds:
    cloud = services.running(estate.home)
    given = {f"OS_{name.upper()}": value for name, value in (cloud.credentials if cloud else {}).items()}
    clouds = Clouds(estate.settings, None, {**os.environ, **given})
    clouds.sign_in("aws")
    clouds.sign_in("openstack")
    return clouds


DRILL = Drill("destroyed", "all goes, what no state knows included, networks last", play, short=1, long=1)
