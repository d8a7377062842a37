"""Every instance type that the stacks name is offered where they want it, as the data that moto ships says.

The data is what DescribeInstanceTypeOfferings told one account; it is as old as moto's release, and a zone's
letter may mean another zone in another account. Regions are held against a second list, too.
"""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path

import cfnlint
import moto.ec2
import pytest

from infra.settings import read
from infra.settings.catalogue import instance_types, offers, zones
from tests.infra.recorded import ROOT, STACKS

OFFERINGS = Path(moto.ec2.__file__).parent / "resources" / "instance_type_offerings"


RATES = Path(cfnlint.__file__).parent / "data/schemas/extensions/aws_ec2_instance/instancetype_enum.json"


@cache
def listed(region: str) -> frozenset[str]:
    """The instance types of a region by AWS's list of prices, as cfn-lint ships it."""
    return frozenset(json.loads(RATES.read_bytes()).get(region, {}).get("enum", ()))


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


def known(region: str) -> frozenset[str]:
    """The instance types that one of the two sources has in a region."""
    file = OFFERINGS / "region" / f"{region}.json.gz"
    return (
        listed(region) | {machine for machine, _ in offered("region", region)}
        if file.exists()
        else listed(region)
    )


@pytest.mark.parametrize("region", zones())
def test_the_check_of_the_settings_knows_what_a_region_offers(region: str) -> None:
    there = known(region)
    assert there, region
    assert {machine for machine in instance_types() if offers(region, machine)} == there & set(
        instance_types()
    )


def test_what_the_table_does_not_know_is_not_refused() -> None:
    assert offers("eu-west-1", "x9.large")
    assert offers("eu-north-9", "g6.xlarge")
    assert not offers("eu-west-1", "g6.xlarge")
