"""What is bought by the range: Karpenter's nodes, Magnum's own workers; and what has an end."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from infra.review.cost.bill import Bill, bill
from infra.review.preview import Preview
from infra.review.resource import Resource
from infra.settings.cost import CostSettings, Usage
from tests.infra.review.bills import BOOK, bill_of, resource
from tests.infra.review.test_bill import cents, lines, price

POOL = "kubernetes:karpenter.sh/v1:NodePool"
CLUSTER = "aws:eks/cluster:Cluster"
MAGNUM = "openstack:containerinfra/cluster:Cluster"
TEMPLATE = "openstack:containerinfra/clusterTemplate:ClusterTemplate"


def pool(limits: dict[str, Any] | None, *requirements: tuple[str, str, list[str]]) -> Resource:
    told = [{"key": key, "operator": does, "values": values} for key, does, values in requirements]
    node = {"requirements": told, "nodeClassRef": {"kind": "EC2NodeClass", "name": "default"}}
    spec: dict[str, Any] = {"template": {"spec": node}}
    if limits is not None:
        spec["limits"] = limits
    return resource(POOL, {"spec": spec}, "gpus")


def of_types(*names: str) -> tuple[str, str, list[str]]:
    return "node.kubernetes.io/instance-type", "In", list(names)


def test_a_pool_of_karpenter_goes_from_nothing_to_its_limits_by_hand() -> None:
    """32 CPUs are eight g5.xlarge, whose 16 GiB the limit of memory lets be eight, too."""
    one = pool({"cpu": "32", "memory": "128Gi", "nvidia.com/gpu": 100}, of_types("g5.xlarge"))
    found = lines(bill_of(one, usage=Usage(busy_share=0.25)))
    hour = price("ec2.csv", "g5.xlarge")
    nodes = found["gpus: 0 to 8 g5.xlarge, on demand, by its limits"]
    assert nodes.monthly == cents(Decimal(0), 2 * 730 * hour, 8 * 730 * hour)
    gp3 = price("services.csv", "gp3_gb_month")
    disks = found["gpus: disk of each node, 20 GB gp3"]
    assert disks.monthly == cents(Decimal(0), 2 * 20 * gp3, 8 * 20 * gp3)
    assert len(found) == 2


def test_at_most_it_takes_the_dearest_type_that_it_may() -> None:
    one = pool({"nvidia.com/gpu": "2"}, of_types("g4dn.xlarge", "g5.2xlarge", "m7i.large"))
    found = bill_of(one, usage=Usage(busy_share=0.5))
    cheap, dear = price("ec2.csv", "g4dn.xlarge"), price("ec2.csv", "g5.2xlarge")
    machines = [line for line in found.lines if line.price.unit == "instance-hour"]
    assert sum(line.monthly.high for line in machines) == pytest.approx(
        2 * 730 * max(cheap, dear), abs=Decimal("0.02")
    )
    assert sum(line.monthly.expected for line in machines) == cents(Decimal(0), 730 * cheap, cheap).expected


@pytest.mark.parametrize(
    ("requirement", "taken"),
    [
        (("karpenter.k8s.aws/instance-family", "In", ["g5"]), "g5."),
        (("karpenter.k8s.aws/instance-gpu-name", "In", ["t4"]), "g4dn."),
        (("karpenter.k8s.aws/instance-gpu-count", "Gt", ["4"]), "g5.48xlarge"),
    ],
)
def test_requirements_choose_among_the_catalogue(requirement: Any, taken: str) -> None:
    gpus: tuple[str, str, list[str]] = ("karpenter.k8s.aws/instance-gpu-count", "Exists", [])
    found = bill_of(pool({"nvidia.com/gpu": 16}, requirement, gpus))
    assert f" {taken}" in found.lines[0].what


def test_by_spot_alone_it_is_reckoned_by_spot() -> None:
    limits = {"nvidia.com/gpu": 1}
    spot = ("karpenter.sh/capacity-type", "In", ["spot"])
    either = ("karpenter.sh/capacity-type", "In", ["spot", "on-demand"])
    (line, _) = bill_of(pool(limits, of_types("g5.xlarge"), spot)).lines
    assert line.price.usd == price("ec2_spot.csv", "g5.xlarge")
    (line, _) = bill_of(pool(limits, of_types("g5.xlarge"), either)).lines
    assert line.price.usd == price("ec2.csv", "g5.xlarge")


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (None, "has no limits"),
        ({}, "has no limits"),
        ({"cpu": "many"}, "has no limits"),
        ({"cpu": "1"}, "no type of the catalogue"),
    ],
)
def test_without_an_end_there_is_no_figure_and_never_0(limits: dict[str, Any] | None, reason: str) -> None:
    found = bill_of(pool(limits, of_types("g5.xlarge")))
    assert not found.lines
    (missing,) = found.unpriced
    assert reason in missing.reason


def magnum(labels: dict[str, str], own: dict[str, str]) -> Bill:
    template = resource(
        TEMPLATE, {"flavor": "m1.large", "masterFlavor": "m1.large", "labels": labels}, "template"
    )
    inputs = {"masterCount": 1, "nodeCount": 2, "labels": own}
    cluster = resource(MAGNUM, inputs, depends={"clusterTemplateId": (template.urn,)})
    return bill_of(cluster, template, usage=Usage(busy_share=0.5))


def test_workers_that_magnum_scales_are_a_range() -> None:
    scaled = {"auto_scaling_enabled": "true", "min_node_count": "1", "max_node_count": "5"}
    for found in (magnum(scaled, {}), magnum({}, scaled)):
        line = lines(found)["one: 1 to 5 workers, m1.large"]
        hour = Decimal("0.12")
        assert line.monthly == cents(730 * hour, 3 * 730 * hour, 5 * 730 * hour)
    assert lines(magnum({"auto_scaling_enabled": "true"}, {}))["one: 1 to 3 workers, m1.large"]
    assert lines(magnum(scaled, {"auto_scaling_enabled": "false"}))["one: 2 workers, m1.large"]


def of_day(today: date, **inputs: Any) -> set[str]:
    cluster = resource(CLUSTER, inputs)
    preview = Preview("s", {}, {cluster.urn: cluster}, {"aws:region": "eu-west-1"})
    found = bill(preview, preview.after, CostSettings(price_book=BOOK), today=today)
    return {f"{line.what}: {line.monthly.expected}" for line in found.lines}


def test_a_version_past_its_standard_support_costs_six_times_as_much() -> None:
    old, extended = date(2026, 11, 28), "extended support of Kubernetes 1.33: 365.00"
    standard = "control plane, in standard support: 73.00"
    assert of_day(old, version="1.33") == {"control plane: 73.00", extended}
    assert of_day(date(2026, 7, 29), version="1.33") == {standard}
    for version in ("1.36", None, "04da6b54-80e4-46f7-96ec-b56ff0331ba9"):
        assert of_day(old, version=version) == {standard}
    assert of_day(old, version="1.29") == {"control plane: 73.00", extended.replace("1.33", "1.29")}
    # Moved on in time by EKS itself.
    assert of_day(old, version="1.33", upgradePolicy={"supportType": "STANDARD"}) == {standard}


def test_services_beside_are_priced_or_say_why_not() -> None:
    found = bill_of(
        resource("aws:route53/zone:Zone", {"name": "example.org"}, "zone"),
        resource("aws:route53/zone:Zone", {"vpcs": [{"vpcId": "v"}]}, "private"),
        resource("aws:route53/resolverEndpoint:ResolverEndpoint", {"ipAddresses": [{}, {}]}, "resolver"),
        resource("aws:guardduty/detector:Detector", {}, "guard"),
        resource("aws:cloudtrail/trail:Trail", {"name": "t"}, "trail"),
        resource("aws:cloudtrail/trail:Trail", {"advancedEventSelectors": [{}]}, "data"),
    )
    costs = {each.resource.name: each.monthly.expected for each in found.lines}
    assert costs == {"zone": Decimal("0.50"), "private": Decimal("0.50"), "resolver": Decimal("182.50")}
    assert {each.resource.name for each in found.unpriced} == {"zone", "resolver", "guard", "data"}
    assert [each.resource.name for each in found.free] == ["trail"]
