"""What controllers made is found by their tags, goes, and nothing else does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra.teardown.aws import is_of, leftovers
from rehearsal.drills.planted import plant_in_aws

CLUSTER = "isthmus-prod-aws"


def client(service: str) -> Any:
    return boto3.client(service, "eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")


@pytest.fixture
def subnets() -> Iterator[list[str]]:
    with mock_aws():
        ec2 = client("ec2")
        yield [
            subnet["SubnetId"]
            for subnet in ec2.describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])[
                "Subnets"
            ]
        ][:2]


def test_all_that_a_clusters_controllers_made_goes_and_what_others_made_stays(subnets: list[str]) -> None:
    planted = plant_in_aws(client, CLUSTER, subnets)
    others = plant_in_aws(client, "isthmus-prod-aws-2", subnets)
    found = list(leftovers(client, CLUSTER))
    assert {(each.kind, each.id) for each in found} == planted
    assert {each.kind for each in found if each.holds_data} == {"volume"}
    assert any("shop/front" in str(each) for each in found)
    for each in found:
        each.delete()
        each.delete()  # what is gone already is no error
    assert list(leftovers(client, CLUSTER)) == []
    assert {(each.kind, each.id) for each in leftovers(client, "isthmus-prod-aws-2")} == others


@pytest.mark.parametrize(
    ("tags", "theirs"),
    [
        ({"elbv2.k8s.aws/cluster": CLUSTER}, True),
        ({f"kubernetes.io/cluster/{CLUSTER}": "owned"}, True),
        ({f"kubernetes.io/cluster/{CLUSTER}": "shared"}, False),
        ({f"kubernetes.io/cluster/{CLUSTER}": "owned", "eks:nodegroup-name": "system"}, False),
        ({f"kubernetes.io/cluster/{CLUSTER}": "owned", "aws:eks:cluster-name": CLUSTER}, False),
        ({"elbv2.k8s.aws/cluster": f"{CLUSTER}-2"}, False),
        ({}, False),
    ],
)
def test_a_tag_says_whose_it_is(tags: dict[str, str], theirs: bool) -> None:
    assert is_of(tags, CLUSTER) is theirs
