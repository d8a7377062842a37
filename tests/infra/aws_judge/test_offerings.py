"""Every instance type that the stacks name is offered where they want it, as the data that moto ships says.

The data is what DescribeInstanceTypeOfferings told one account; it is as old as moto's release.
"""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path

import moto.ec2
import pytest

from infra.settings import read
from infra.settings.catalogue import instance_types
from tests.infra.recorded import ROOT, STACKS

OFFERINGS = Path(moto.ec2.__file__).parent / "resources" / "instance_type_offerings"


@cache
def offered(by: str, region: str) -> frozenset[tuple[str, str]]:
    """Pairs of instance type and place."""
    entries = json.loads(gzip.decompress((OFFERINGS / by / f"{region}.json.gz").read_bytes()))
    return frozenset((entry["InstanceType"], entry["Location"]) for entry in entries)


def asked(stack: str) -> dict[str, str]:
    """What asks for an instance type, and which."""
    aws = read(ROOT / "stacks" / f"Pulumi.{stack}.yaml", stack).aws
    pools = {f"aws.gpu_pools.{name}": pool.instance_type for name, pool in aws.gpu_pools.items()}
    return {"aws.cluster.system_nodes": aws.cluster.system_nodes.instance_type, **pools}


@pytest.mark.parametrize("stack", STACKS)
def test_every_zone_of_a_stack_offers_every_instance_type_of_it(stack: str) -> None:
    aws = read(ROOT / "stacks" / f"Pulumi.{stack}.yaml", stack).aws
    missing = [
        f"{key}: {zone} of {aws.region} offers no {machine}"
        for key, machine in asked(stack).items()
        for zone in aws.network.zones
        if (machine, zone) not in offered("availability-zone", aws.region)
    ]
    assert missing == []


def test_every_instance_type_of_the_catalogue_is_offered_somewhere() -> None:
    regions = [path.name.removesuffix(".json.gz") for path in (OFFERINGS / "region").iterdir()]
    somewhere = {machine for region in regions for machine, _ in offered("region", region)}
    assert set(instance_types()) <= somewhere
