"""What must be taken: a check that refuses too much is as wrong as one that refuses too little."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from infra.settings.catalogue import partitions, zones
from infra.settings.checking import check
from infra.settings.secrets_provider import secrets_provider
from tests.infra.settings.drawn import GOOD


@pytest.mark.parametrize(
    ("section", "values"),
    [
        ("training", {"orders_url": "postgresql+psycopg://db.example.org/shop?table=sales.orders"}),
        (
            "training",
            {"orders_url": "postgresql+psycopg://10.36.0.9:6432/shop?table=o&CustomerID=customer_no"},
        ),
        ("training", {"orders_url": "s3://shop_orders.2026/"}),
        ("training", {"orders_url": "s3://shop-orders/by%20day/2026/"}),
        ("training", {"elastic_min_workers": 2}),
        ("training", {"tuning": {"storage_url": "postgresql+psycopg://trials.example.org/optuna"}}),
        ("training", {"retrain": {"schedule": "*/15 0-6,22 1,15 */2 1-5"}}),
        ("training", {"retrain": {"schedule": "0 3 29 2 *"}}),
        ("training", {"retrain": {"schedule": "0 3 31 2 1"}}),
        ("link", {"private_gateway": "vpnaas", "gateway_address": "203.0.113.10"}),
        (
            "link",
            {
                "private_gateway": "vpnaas",
                "gateway_address": "8.8.8.8",
                "asn": 4200000001,
                "aws_asn": 4200000000,
            },
        ),
        ("budget", {"usd_per_month": 0.5, "alert_emails": ["a+b@sub.example.org", "c@example.org"]}),
    ],
)
def test_is_taken(section: str, values: dict[str, Any]) -> None:
    config = copy.deepcopy(GOOD)
    config.setdefault(f"isthmus:{section}", {}).update(values)
    check("f", "dev", config)


@pytest.mark.parametrize("stack", ["dev", "local-2", "prod-eu-west-1", "9", "a" * 33])
def test_a_stack_may_be_called(stack: str) -> None:
    assert check("f", stack, GOOD).stack == stack


@pytest.mark.parametrize(
    "provider",
    [
        None,
        "default",
        "passphrase",
        "awskms://alias/isthmus-dev?region=eu-west-1",
        "awskms:///arn:aws:kms:us-east-1:123456789012:key/1234?context_a=b",
        "azurekeyvault://mykeyvaultname.vault.azure.net/keys/mykeyname",
        "gcpkms://projects/p/locations/l/keyRings/r/cryptoKeys/k",
        "hashivault://mykey",
    ],
)
def test_secrets_may_be_kept_by(provider: str | None) -> None:
    assert list(secrets_provider(provider)) == []


def test_the_regions_are_those_that_botocore_and_moto_know() -> None:
    from botocore.loaders import Loader
    from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend

    known = {part["partition"]: part for part in Loader().load_data("endpoints")["partitions"]}
    assert set(zones()) == set(known["aws"]["regions"])
    assert set(zones()) <= set(known["aws"]["services"]["eks"]["endpoints"])
    elsewhere = {region: name for name, part in known.items() if name != "aws" for region in part["regions"]}
    assert {region: partition for region, (partition, _) in partitions().items()} == elsewhere
    for region, zone_names in zones().items():
        assert {zone.name for zone in RegionsAndZonesBackend.zones[region]} <= set(zone_names)
