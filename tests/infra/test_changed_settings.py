"""What single settings become: a database gets its door, a large number its field."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from infra.__main__ import estate
from infra.settings.checking import check
from infra.settings.urls import is_loopback
from tests.infra.recorded import Estate, record
from tests.infra.settings.drawn import GOOD


def built(section: str, **values: Any) -> Estate:
    config = copy.deepcopy(GOOD)
    config.setdefault(f"isthmus:{section}", {}).update(values)
    good = check("f", "dev", config)
    return record(lambda: estate(good), "dev")


def ports(found: Estate, name: str) -> set[int]:
    """Of addresses that its pods may reach."""
    policies = [
        each.inputs["spec"]
        for each in found.of("kubernetes:networking.k8s.io/v1:NetworkPolicy")
        if each.name.startswith(f"{name}-allow-") and not each.name.endswith("-pod-identity")
    ]
    assert policies
    rules = [rule for spec in policies for rule in spec.get("egress", [])]
    return {int(each["port"]) for rule in rules if "ipBlock" in rule["to"][0] for each in rule["ports"]}


def test_a_database_of_orders_is_reached_by_the_training_of_its_site_only() -> None:
    found = built("training", orders_url="postgresql+psycopg://db.example.org/shop?table=orders")
    assert ports(found, "openstack-training") == {443, 5432}
    assert ports(found, "openstack-serving") == ports(found, "aws-training") == {443}


def test_a_database_of_trials_is_reached_by_the_training_in_aws_only() -> None:
    found = built("training", tuning={"storage_url": "postgresql+psycopg://db.example.org:6432/trials"})
    assert ports(found, "aws-training") == {443, 6432}
    assert ports(found, "aws-serving") == ports(found, "openstack-training") == {443}


@pytest.mark.parametrize(
    ("asn", "field", "other"),
    [(2**31 - 1, "bgpAsn", "bgpAsnExtended"), (2**31, "bgpAsnExtended", "bgpAsn")],
)
def test_a_large_number_of_the_private_side_has_its_own_field(asn: int, field: str, other: str) -> None:
    gateways = built("link", asn=asn).of("aws:ec2/customerGateway:CustomerGateway")
    assert gateways
    for gateway in gateways:
        assert gateway.inputs[field] == str(asn)
        assert other not in gateway.inputs


@pytest.mark.parametrize(("usd", "limit"), [(0, "0.01"), (0.004, "0.01"), (1.5, "1.50"), (25000, "25000.00")])
def test_a_budget_of_nothing_is_used_up_by_the_first_cent(usd: float, limit: str) -> None:
    budget = built("budget", usd_per_month=usd).one("aws:budgets/budget:Budget", "budget")
    assert budget.inputs["limitAmount"] == limit


def test_a_component_in_aws_has_a_budget_of_its_own_by_its_tag() -> None:
    parts = {"aws/aws-pool-training": 300, "openstack/openstack-cluster": 500}
    found = built("budget", components=parts, alert_emails=["ada@example.org"])
    (budget,) = found.of("aws:budgets/budget:Budget")
    assert budget.inputs["name"].endswith("-monthly-aws/aws-pool-training")
    assert budget.inputs["limitAmount"] == "300.00"
    (only,) = budget.inputs["costFilters"]
    (value,) = only["values"]
    assert value.startswith("user:component$")
    assert value.endswith("/aws/aws-pool-training")
    assert len(budget.inputs["notifications"]) == 3


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("localhost", True),
        ("localhost.", True),
        ("127.9.9.9", True),
        ("[::1]", True),
        ("[::ffff:127.0.0.1]", True),
        ("localhost.example.org", False),
        ("10.0.0.1", False),
    ],
)
def test_what_reaches_this_machine_only(host: str, here: bool) -> None:
    assert is_loopback(f"http://{host}:4610/") is here
