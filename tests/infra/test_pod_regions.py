"""A pod that asks AWS is told its region by the variable that each library reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES

from infra.settings import read
from tests.infra.recorded import ROOT, STACKS, estate_of

BOTOCORE = BOTOCORE_DEFAUT_SESSION_VARIABLES["region"][1]


def containers(value: Any) -> Iterator[dict[str, str]]:
    """The variables of every container in the inputs of a resource."""
    if isinstance(value, dict):
        if "env" in value and "image" in value:
            yield {each["name"]: each.get("value", "") for each in value["env"]}
        for each in value.values():
            yield from containers(each)
    elif isinstance(value, list):
        for each in value:
            yield from containers(each)


@pytest.mark.parametrize("stack", STACKS)
def test_every_pod_has_its_region_by_both_names(stack: str) -> None:
    assert BOTOCORE == "AWS_DEFAULT_REGION"
    region = read(ROOT / "stacks" / f"Pulumi.{stack}.yaml", stack).aws.region
    asking = [
        variables
        for each in estate_of(stack).resources
        if each.type.startswith("kubernetes:")
        for variables in containers(each.inputs)
        if any(name.startswith("AWS_") for name in variables)
    ]
    assert asking
    for variables in asking:
        assert (variables.get("AWS_REGION"), variables.get(BOTOCORE)) == (region, region)


@pytest.mark.parametrize("stack", STACKS)
def test_a_pod_that_reads_the_orders_has_the_region_of_their_own_store(stack: str) -> None:
    wanted = read(ROOT / "stacks" / f"Pulumi.{stack}.yaml", stack).openstack.object_store_region
    told = {
        variables["ORDERS_REGION"]
        for each in estate_of(stack).resources
        if each.type.startswith("kubernetes:")
        for variables in containers(each.inputs)
        if "ORDERS_REGION" in variables
    }
    assert told == {wanted}
