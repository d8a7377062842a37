"""Machines of AWS: clusters, groups of nodes with their disks, single instances."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from infra.eks_support import out_of_standard_support
from infra.naming import LABEL_DOMAIN
from infra.review.cost.charge import HOURS, Charge, Purpose, Range
from infra.review.cost.context import Context, exact
from infra.review.cost.inputs import Count, Inputs, Size, Text, Unreadable, read
from infra.review.cost.price import NoPrice, Price
from infra.review.resource import Resource

NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
POOL, PURPOSE = f"{LABEL_DOMAIN}/pool", f"{LABEL_DOMAIN}/purpose"
"""Labels of the nodes of this project's pools."""


class _Scaling(Inputs):
    min_size: Count
    max_size: Count


class _NodeGroup(Inputs):
    instance_types: list[Text] = Field(min_length=1)
    capacity_type: Literal["ON_DEMAND", "SPOT"] = "ON_DEMAND"
    scaling_config: _Scaling
    labels: dict[str, str] = Field(default_factory=dict)


class _Disk(Inputs):
    volume_size: Size
    volume_type: Text


class _Mapping(Inputs):
    ebs: _Disk


class _Template(Inputs):
    block_device_mappings: list[_Mapping] = Field(min_length=1)


class _Instance(Inputs):
    instance_type: Text
    root_block_device: _Disk | None = None
    associate_public_ip_address: bool = False


class _UpgradePolicy(Inputs):
    support_type: Text | None = None


class _Cluster(Inputs):
    version: Text | None = None
    upgrade_policy: _UpgradePolicy | None = None


def cluster(resource: Resource, context: Context) -> Iterator[Charge]:
    """The control plane of EKS, and what extended support adds where the version is out of the standard one.

    Under the upgrade policy STANDARD a cluster is moved on in time, and never asked more for.
    """
    found, region = read(_Cluster, resource), context.region(resource)
    hours = Range.of(HOURS)
    extended = (
        found.version is not None
        and (found.upgrade_policy is None or found.upgrade_policy.support_type != "STANDARD")
        and out_of_standard_support(found.version, context.today)
    )
    what = "control plane" if extended else "control plane, in standard support"
    yield Charge(what, context.prices.service("cluster_hour", region), hours)
    if extended:
        price = context.prices.service("cluster_extended_hour", region)
        yield Charge(f"extended support of Kubernetes {found.version}", price, hours)


def node_group(resource: Resource, context: Context) -> Iterator[Charge]:
    """Nodes from the fewest to the most, and the disk of each."""
    group = read(_NodeGroup, resource)
    scaling, spot, kind = group.scaling_config, group.capacity_type == "SPOT", group.instance_types[0]
    if scaling.min_size > scaling.max_size:
        raise Unreadable("scalingConfig.minSize is above maxSize")
    purpose = purpose_of(group.labels.get(PURPOSE))
    nodes = context.nodes(scaling.min_size, scaling.max_size, training=purpose == "training")
    if (other := _other_half(resource, group, context)) is not None:
        nodes = _shared(nodes, other, context, spot=spot, training=purpose == "training")
    price = context.prices.instance(kind, context.region(resource), spot=spot)
    bought = "spot" if spot else "on demand"
    what = f"{scaling.min_size} to {scaling.max_size} {kind}, {bought}"
    yield Charge(what, price, nodes * HOURS, purpose)
    yield from _disks(resource, context, nodes, purpose)


def _other_half(resource: Resource, group: _NodeGroup, context: Context) -> _NodeGroup | None:
    """The group that buys nodes of the same pool the other way: spot, or what spot falls back on."""
    pool = group.labels.get(POOL)
    if pool is None:
        return None
    for other in context.of_type(NODE_GROUP):
        try:
            read_other = read(_NodeGroup, other)
        except Unreadable:
            continue
        if (
            read_other.labels.get(POOL) == pool
            and read_other.capacity_type != group.capacity_type
            and other.depends.get("clusterName") == resource.depends.get("clusterName")
        ):
            return read_other
    return None


def _shared(mine: Range, other: _NodeGroup, context: Context, *, spot: bool, training: bool) -> Range:
    """The nodes of one of two groups that share a pool: its part of what the pool needs.

    What the pool needs stands at the spot group; the other one starts at nothing.
    """
    part = exact(context.usage.spot_share)
    if spot:
        return Range(mine.low * part, mine.expected * part, mine.high)
    scaling = other.scaling_config
    pool = context.nodes(scaling.min_size, max(scaling.max_size, scaling.min_size), training=training)
    rest = 1 - part
    expected = min(pool.expected * rest + mine.low, mine.high)
    return Range(min(pool.low * rest + mine.low, expected), expected, mine.high)


def _disks(resource: Resource, context: Context, nodes: Range, purpose: Purpose) -> Iterator[Charge]:
    template = context.behind(resource, "launchTemplate", TEMPLATE)
    if template is None:
        reason = NoPrice("no launch template of the preview says how large the nodes' disks are")
        yield Charge("disks of the nodes", reason, nodes, purpose)
        return
    for each in read(_Template, template).block_device_mappings:
        disk = each.ebs
        what = f"disk of each node, {disk.volume_size} GB {disk.volume_type}"
        yield Charge(what, volume(disk.volume_type, resource, context), nodes * disk.volume_size, purpose)


def volume(kind: str, resource: Resource, context: Context) -> Price | NoPrice:
    """A month of a GB of a volume type."""
    return context.prices.service(f"{kind}_gb_month", context.region(resource))


def instance(resource: Resource, context: Context) -> Iterator[Charge]:
    """One machine that always runs."""
    machine, region = read(_Instance, resource), context.region(resource)
    price = context.prices.instance(machine.instance_type, region)
    yield Charge(f"{machine.instance_type}, on demand", price, Range.of(HOURS))
    if (disk := machine.root_block_device) is None:
        yield Charge(
            "root disk", NoPrice("its size is that of the image, which no preview knows"), Range.of(1)
        )
    else:
        what = f"root disk, {disk.volume_size} GB {disk.volume_type}"
        yield Charge(what, volume(disk.volume_type, resource, context), Range.of(disk.volume_size))
    if machine.associate_public_ip_address:
        yield Charge("public address", context.prices.service("public_ipv4_hour", region), Range.of(HOURS))


def purpose_of(label: str | None) -> Purpose:
    """What nodes are for, by the label of their pool; nodes without one run what the cluster needs itself."""
    if label == "training":
        return "training"
    return "serving" if label == "serving" else "platform"
