"""The bill: lines that add up, by hand, by property, and of programs that are not ours."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.review.cost.bill import Bill, Free, Line, Unpriced, hourly
from infra.review.cost.charge import Range
from infra.review.cost.prices import FOLDER
from infra.review.resource import Resource
from infra.settings.cost import PriceBook, Usage
from tests.infra.review.bills import bill_of, bill_of_stranger, resource

NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
USD = Decimal("0.01")


def price(file: str, name: str, region: str = "eu-west-1") -> Decimal:
    """A price as the file has it, read here by other means than the bill's."""
    with (FOLDER / file).open(newline="") as lines:
        (usd,) = (row[3] for row in csv.reader(lines) if row[:2] == [name, region])
    return Decimal(usd)


def cents(*amounts: Decimal) -> Range:
    return Range(*(amount.quantize(USD, ROUND_HALF_UP) for amount in amounts))


def nodes(
    low: int,
    high: int,
    kind: str = "g5.xlarge",
    *,
    spot: bool = False,
    labels: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    return {
        "clusterName": "k",
        "instanceTypes": [kind],
        "capacityType": "SPOT" if spot else "ON_DEMAND",
        "scalingConfig": {"minSize": low, "maxSize": high, "desiredSize": low},
        "labels": {f"isthmus.dev/{key}": value for key, value in (labels or {}).items()},
    }


def lines(found: Bill) -> dict[str, Line]:
    return {f"{line.resource.name}: {line.what}": line for line in found.lines}


def test_a_group_of_nodes_by_hand() -> None:
    """Busy for three tenths of the way from two nodes to six, and a disk of 50 GB each."""
    mapping = {"deviceName": "/dev/xvda", "ebs": {"volumeSize": 50, "volumeType": "gp3"}}
    template = resource(TEMPLATE, {"blockDeviceMappings": [mapping]}, "template")
    group = resource(NODE_GROUP, nodes(2, 6, "m7i.large"), depends={"launchTemplate": (template.urn,)})
    found = lines(bill_of(group, template, usage=Usage(busy_share=0.3)))

    hour = price("ec2.csv", "m7i.large")
    machines = found["one: 2 to 6 m7i.large, on demand"]
    # "usd" is the fourth column of each file of prices.
    assert machines.price.usd == hour
    assert machines.monthly == cents(2 * 730 * hour, Decimal("3.2") * 730 * hour, 6 * 730 * hour)
    assert machines.purpose == "platform"
    gp3 = price("services.csv", "gp3_gb_month")
    disks = found["one: disk of each node, 50 GB gp3"]
    assert disks.monthly == cents(100 * gp3, 160 * gp3, 300 * gp3)


def test_a_nat_gateway_by_hand() -> None:
    gateway = resource("aws:ec2/natGateway:NatGateway", {"allocationId": "a"})
    found = lines(bill_of(gateway, usage=Usage(nat_gb=1000, internet_gb=200)))
    assert found["one: NAT gateway"].monthly == Range.of(730 * price("services.csv", "nat_hour"))
    assert found["one: data through it"].monthly == Range.of(1000 * price("services.csv", "nat_gb"))
    assert found["one: data out to the internet"].monthly == Range.of(
        200 * price("services.csv", "internet_gb")
    )


def test_queues_and_secrets_by_hand() -> None:
    queue = "aws:sqs/queue:Queue"
    found = lines(
        bill_of(
            resource(queue, {"name": "q"}),
            resource(queue, {"fifoQueue": True}, "first"),
            resource("aws:secretsmanager/secret:Secret", {"replicas": [{"region": "eu-central-1"}]}, "s"),
            usage=Usage(queue_requests=10_000_000, secret_requests=200_000),
        )
    )
    # 0.40 and 0.50 USD a million, 0.40 USD a secret and 0.05 USD ten thousand requests.
    assert {key: line.monthly for key, line in found.items()} == {
        "one: requests to it": Range.of(Decimal("4.00")),
        "first: requests to it": Range.of(Decimal("5.00")),
        "s: secret, and 1 of its replicas": Range.of(Decimal("0.80")),
        "s: requests to it": Range.of(Decimal("1.00")),
    }


def test_keys_of_the_link_are_counted_where_they_are_its_own() -> None:
    connection, own = (
        "aws:ec2/vpnConnection:VpnConnection",
        dict.fromkeys(("tunnel1PresharedKey", "tunnel2PresharedKey"), "[secret]"),
    )
    what = "keys of its tunnels, in Secrets Manager"
    ours = Resource(f"urn:pulumi:s::p::isthmus:link:Link${connection}::one", connection, "create", inputs=own)
    found = lines(bill_of(ours))[f"one: {what}"]
    assert found.monthly == cents(Decimal("0.8"), Decimal("0.8"), Decimal("1.6"))
    made_by_aws = replace(ours, inputs={})
    for other in (made_by_aws, resource(connection, own)):
        assert f"one: {what}" not in lines(bill_of(other))


def test_a_pool_of_the_private_cloud_by_hand() -> None:
    """40 of 730 hours with three nodes, the others with one; the GPU is added to its flavour."""
    group = resource(
        "openstack:containerinfra/nodeGroup:NodeGroup",
        {
            "flavorId": "g1.l4",
            "nodeCount": 1,
            "minNodeCount": 1,
            "maxNodeCount": 3,
            "dockerVolumeSize": 100,
            "role": "training",
        },
    )
    found = lines(bill_of(group, usage=Usage(training_hours=40)))
    machines = found["one: 1 to 3 g1.l4"]
    hour = Decimal("0.48") + Decimal("0.60")
    assert machines.monthly == cents(730 * hour, (730 + 2 * 40) * hour, 3 * 730 * hour)
    assert (machines.site, machines.purpose) == ("openstack", "training")
    assert machines.price.date is None
    assert found["one: volumes of each node, 100 GB"].monthly.low == Decimal("6.00")


def test_spot_with_a_fall_back_shares_what_the_pool_needs() -> None:
    labels = {"pool": "training", "purpose": "training"}
    spot = resource(NODE_GROUP, nodes(0, 4, spot=True, labels=labels), "spot")
    rest = resource(NODE_GROUP, nodes(0, 4, labels=labels), "rest")
    alone = lines(bill_of(rest, usage=Usage(training_hours=73)))["rest: 0 to 4 g5.xlarge, on demand"]
    both = lines(bill_of(spot, rest, usage=Usage(training_hours=73, spot_share=0.75)))
    assert alone.units.expected == 4 * 73
    assert both["spot: 0 to 4 g5.xlarge, spot"].units.expected == 3 * 73
    assert both["rest: 0 to 4 g5.xlarge, on demand"].units.expected == 73
    assert both["spot: 0 to 4 g5.xlarge, spot"].price.usd == price("ec2_spot.csv", "g5.xlarge")
    # What the groups allow, each for itself.
    assert {line.units.high for line in both.values()} == {Decimal(4 * 730)}


def test_a_cluster_of_magnum_takes_its_machines_from_its_template() -> None:
    template = resource(
        "openstack:containerinfra/clusterTemplate:ClusterTemplate",
        {
            "flavor": "m1.large",
            "masterFlavor": "m1.large",
            "dockerVolumeSize": 50,
            "masterLbEnabled": True,
            "labels": {"boot_volume_size": "20", "master_lb_floating_ip_enabled": "true"},
        },
        "template",
    )
    depends = {"clusterTemplateId": (template.urn,)}
    kind = "openstack:containerinfra/cluster:Cluster"
    cluster = resource(kind, {"masterCount": 3, "nodeCount": 2}, depends=depends)
    found = {what: line.monthly.expected for what, line in lines(bill_of(cluster, template)).items()}
    assert found == {
        "one: 3 masters, m1.large": Decimal("262.80"),
        "one: 2 workers, m1.large": Decimal("175.20"),
        "one: volumes of each node, 70 GB": Decimal("21.00"),
        "one: load balancer before the API": Decimal("14.60"),
        "one: floating address of the API": Decimal("3.65"),
    }
    (missing,) = bill_of(resource(kind, {"masterCount": 3})).unpriced
    assert missing.reason == "its cluster template is not in the preview"


def test_what_has_no_price_is_listed_and_never_0() -> None:
    found = bill_of(
        resource(NODE_GROUP, nodes(0, 3, "g6.xlarge"), "elsewhere"),
        resource(NODE_GROUP, nodes(3, 2), "backwards"),
        resource(
            NODE_GROUP, {**nodes(0, 1), "scalingConfig": "04da6b54-80e4-46f7-96ec-b56ff0331ba9"}, "unknown"
        ),
        resource("openstack:compute/instance:Instance", {"flavorName": "g1.a100"}, "private"),
        resource("aws:sagemaker/endpoint:Endpoint", {}, "new"),
    )
    assert {(each.resource.name, each.what): each.reason for each in found.unpriced} == {
        ("elsewhere", "0 to 3 g6.xlarge, on demand"): "no on-demand price of g6.xlarge in eu-west-1 was read",
        (
            "elsewhere",
            "disks of the nodes",
        ): "no launch template of the preview says how large the nodes' disks are",
        ("backwards", ""): "scalingConfig.minSize is above maxSize",
        ("unknown", ""): "scalingConfig is not known or not usable",
        ("private", "g1.a100"): "the price book has no flavour_hour of g1.a100",
        ("new", ""): "no rule knows what its type costs",
    }
    assert not found.lines


def test_a_gpu_without_a_price_leaves_its_flavour_without_one() -> None:
    server = resource("openstack:compute/instance:Instance", {"flavorName": "g1.l4"})
    (missing,) = bill_of(server, book=PriceBook(flavour_hour={"g1.l4": 0.48})).unpriced
    assert missing.reason == "the price book has no gpu_hour of L4, which g1.l4 has"


@pytest.mark.parametrize(
    ("name", "priced", "unpriced"),
    [
        (
            "eks_cluster",
            {"k": "73.00", "workers": "203.09", "net-1": "44.39"},
            {"workers", "odd", "web", "db"},
        ),
        ("static_site", {"preview": "20.43"}, {"content", "cdn"}),
        (
            "openstack_web_server",
            {"web-0": "90.00", "data": "6.00", "web": "18.25"},
            {"web-1", "www", "db"},
        ),
    ],
)
def test_strangers_are_priced_where_known_and_the_rest_is_listed(
    name: str, priced: dict[str, str], unpriced: set[str]
) -> None:
    found = bill_of_stranger(name)
    by_resource: dict[str, Decimal] = {}
    for line in found.lines:
        known = by_resource.get(line.resource.name, Decimal(0))
        by_resource[line.resource.name] = known + line.monthly.expected
    assert by_resource == {key: Decimal(value) for key, value in priced.items()}
    assert {each.resource.name for each in found.unpriced} == unpriced
    assert all(each.reason for each in found.unpriced)
    assert all(each.reason for each in found.free)


def test_without_a_price_book_nothing_of_the_private_cloud_has_a_price() -> None:
    found = bill_of_stranger("openstack_web_server", PriceBook())
    assert not found.lines
    assert {each.resource.name for each in found.unpriced} == {"web-0", "web-1", "data", "web", "www", "db"}


BOUNDS = st.tuples(st.integers(0, 500), st.integers(0, 500)).map(sorted)
USAGE = st.builds(
    Usage, training_hours=st.floats(0, 730), busy_share=st.floats(0, 1), spot_share=st.floats(0, 1)
)
GROUPS = st.lists(
    st.builds(
        lambda bounds, kind, spot, labels: nodes(bounds[0], bounds[1], kind, spot=spot, labels=labels),
        BOUNDS,
        st.sampled_from(["g5.xlarge", "g5.2xlarge", "m7i.large", "g6.xlarge", "t3.large"]),
        st.booleans(),
        st.sampled_from(
            [
                {},
                {"purpose": "serving"},
                {"pool": "a", "purpose": "training"},
                {"pool": "b", "purpose": "serving"},
            ]
        ),
    ),
    min_size=1,
    max_size=6,
)


@given(GROUPS, USAGE)
def test_sums_hold_and_low_is_below_expected_below_high(groups: list[dict[str, Any]], usage: Usage) -> None:
    found = bill_of(
        *(resource(NODE_GROUP, each, f"n{number}") for number, each in enumerate(groups)),
        resource("aws:ec2/eip:Eip", {}, "address"),
        resource("openstack:networking/floatingIp:FloatingIp", {}, "floating"),
        usage=usage,
    )
    for amount in (found.total(), *(line.monthly for line in found.lines)):
        assert 0 <= amount.low <= amount.expected <= amount.high
    total = found.total()
    assert total.expected == sum(line.monthly.expected for line in found.lines)
    for key in (lambda line: line.site, lambda line: line.purpose, lambda line: line.component):
        parts = found.by(key).values()
        assert (
            Range(*(sum(getattr(part, side) for part in parts) for side in ("low", "expected", "high")))
            == total
        )
    assert found.total("aws") + found.total("openstack") == total
    entries: list[Line | Unpriced | Free] = [*found.lines, *found.unpriced, *found.free]
    assert len({each.resource.urn for each in entries}) == len(groups) + 2
    assert hourly(total).high <= total.high


@given(BOUNDS, st.integers(1, 50), USAGE)
def test_twice_the_nodes_are_twice_the_units(bounds: list[int], factor: int, usage: Usage) -> None:
    def units(times: int) -> Range:
        group = resource(NODE_GROUP, nodes(bounds[0] * times, bounds[1] * times))
        return bill_of(group, usage=usage).lines[0].units

    one, many = units(1), units(factor)
    for side in ("low", "expected", "high"):
        assert abs(getattr(many, side) - factor * getattr(one, side)) < Decimal("1e-15")
