"""The bill of each stack, by the real engine and with no credentials: whole, dated, and it adds up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import pytest

from infra.review.cost.charge import HOURS, Purpose, Range
from infra.review.cost.report import cost
from infra.review.preview import Preview, read
from infra.settings import Settings
from infra.settings import read as read_settings
from isthmus.cli.previewed_stack import config_file
from rehearsal.estate import Estate

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]


def reviewed(estate: Estate, stack: str) -> tuple[Settings, Preview]:
    settings = read_settings(estate.project_dir / "stacks" / f"Pulumi.{stack}.yaml", stack)
    done = estate.engine.preview(stack, config_file=config_file(estate, stack), arguments=("--json",))
    return settings, read(done.stdout, stack)


BY_SPARK = (
    (
        "    object_store:\n      arrivals_days: 90",
        "    cpu_pools:\n      data: { instance_type: m7i.2xlarge, max: 4, capacity: spot }\n"
        "    object_store:\n      arrivals_days: 90",
    ),
    (
        "    pool: training\n    epochs: 10",
        "    pool: training\n    epochs: 10\n    engine: spark\n"
        "    data: { job: true, executors: { count: 4, cpus: 4, memory: 16384, pool: data } }",
    ),
)
"""The data stage of staging by Spark, as docs/training.md shows it."""


@pytest.fixture
def with_spark(estate: Estate) -> Iterator[None]:
    """Staging as it would be with its data stage by Spark."""
    file = estate.project_dir / "stacks" / "Pulumi.staging.yaml"
    before = changed = file.read_text()
    for old, new in BY_SPARK:
        assert changed.count(old) == 1
        changed = changed.replace(old, new)
    file.write_text(changed)
    yield
    file.write_text(before)


@pytest.mark.usefixtures("with_spark")
@pytest.mark.parametrize("stack", ["local", "dev", "staging", "prod"])
def test_the_bill_of_a_stack(estate: Estate, stack: str) -> None:
    settings, preview = reviewed(estate, stack)
    found = cost(preview, settings.cost, settings.budget)
    bill = found.after

    # Each resource is in one of the lists, and nothing is unpriced.
    custom = {each.urn for each in preview.after.values() if each.custom}
    assert {entry.resource.urn for entry in bill.lines} | {entry.resource.urn for entry in bill.free} | {
        entry.resource.urn for entry in bill.unpriced
    } == custom
    assert not bill.unpriced

    total = Range.of(0)
    for line in bill.lines:
        assert line.price.source, line
        assert (line.price.date is None) == (line.site == "openstack"), line
        assert line.monthly.low <= line.monthly.expected <= line.monthly.high, line
        total += line.monthly
    assert total == bill.total() == bill.total("aws") + bill.total("openstack")
    assert set(bill.by(lambda line: line.purpose)) == set(get_args(Purpose))
    assert found.verdict == "good"
    assert not found.before.lines

    # AWS's own bill tells the same parts apart, by a tag.
    for entry in (line for line in bill.lines if line.site == "aws" and "tags" in line.resource.inputs):
        assert entry.resource.inputs["tags"]["component"] == f"{stack}/{entry.component}", entry
    assert sum("tags" in line.resource.inputs for line in bill.lines) > 10

    # What runs on the nodes is told by what it requests, and is never more than they cost.
    told = [each.monthly.high for each in found.pods if each.monthly is not None]
    assert len(told) >= 3
    assert sum(told) <= bill.total().high

    # What stands for a pool says what the stack file says, whatever its nodes are bought by.
    hours = {line.resource.name: line.units for line in bill.lines if line.price.unit == "instance-hour"}
    nodes = settings.aws.cluster.system_nodes
    assert (hours["aws-cluster-system"].low, hours["aws-cluster-system"].high) == (
        nodes.min * HOURS,
        nodes.max * HOURS,
    )
    most = {name: pool.max for name, pool in settings.aws.gpu_pools.items()}
    most |= {name: pool.max for name, pool in settings.aws.cpu_pools.items()}
    for name, nodes_at_most in most.items():
        parts = [units for group, units in hours.items() if group.startswith(f"aws-pool-{name}")]
        assert parts
        assert all(units.high == nodes_at_most * HOURS for units in parts)
