"""What would keep the capacity of a pool for less: every instance type and flavour of the catalogue is tried.

An alternative has at least the GPUs, the memory of each, the compute capability, the CPUs and the memory of
what it stands for, and the same number of nodes. How fast its GPUs are is not compared: no price list says.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from infra.review.cost.bill import Bill, bill, context_of
from infra.review.cost.context import Context
from infra.review.cost.price import Price
from infra.review.cost.rules.aws_machines import NODE_GROUP, POOL, PURPOSE
from infra.review.cost.rules.openstack import flavour
from infra.review.preview import Preview
from infra.review.resource import Resource
from infra.settings.catalogue import Machine, flavours, instance_types, offers
from infra.settings.catalogue.need import Need
from infra.settings.cost import CostSettings

MOST: Final = 3
_SPOT, _ON_DEMAND = "SPOT", "ON_DEMAND"
_NEEDED: Final = (NODE_GROUP, "aws:ec2/launchTemplate:LaunchTemplate", "aws:eks/cluster:Cluster")


@dataclass(frozen=True)
class Alternative:
    """Another way to have what a pool has."""

    pool: str
    what: str
    """What to write, in words that name the setting."""
    saves: Decimal
    """USD of a month that are likely."""
    enough: bool
    """Whether the budget holds with it alone."""


def alternatives(
    preview: Preview, settings: CostSettings, urns: frozenset[str], over: Decimal
) -> tuple[Alternative, ...]:
    """The cheapest way for each pool among some resources, the one that saves most first."""
    small = {urn: each for urn, each in preview.after.items() if each.type in _NEEDED or not each.custom}
    small |= {
        each.provider: preview.after[each.provider]
        for each in small.values()
        if each.provider in preview.after
    }
    context = context_of(preview, small, settings)
    found = []
    for pool, groups in _pools(small, urns).items():
        now = _cost(preview, settings, small, groups)
        best = max(
            _ways(pool, groups, preview, settings, small, context, now),
            key=lambda way: way.saves,
            default=None,
        )
        if best is not None and best.saves > 0:
            found.append(replace(best, enough=best.saves >= over))
    return tuple(sorted(found, key=lambda way: (-way.saves, way.pool))[:MOST])


def _pools(resources: Mapping[str, Resource], urns: frozenset[str]) -> Mapping[str, list[Resource]]:
    """The node groups of EKS among some resources, by the pool that they are of."""
    found: dict[str, list[Resource]] = defaultdict(list)
    for urn, resource in resources.items():
        if resource.type == NODE_GROUP and urn in urns and _machine(resource) is not None:
            found[_label(resource, POOL) or resource.name].append(resource)
    return found


def _ways(
    pool: str,
    groups: list[Resource],
    preview: Preview,
    settings: CostSettings,
    small: Mapping[str, Resource],
    context: Context,
    now: Bill,
) -> Iterator[Alternative]:
    machine, region = _machine(groups[0]), context.region(groups[0])
    if machine is None or region is None:
        return
    labelled = _label(groups[0], POOL) is not None
    of_pools = "aws.gpu_pools" if machine.gpus else "aws.cpu_pools"
    key = f"{of_pools}.{pool}" if labelled else "aws.cluster.system_nodes"
    training = _label(groups[0], PURPOSE) == "training"
    on_demand = all(group.inputs.get("capacityType", _ON_DEMAND) == _ON_DEMAND for group in groups)
    before = now.total().expected
    shapes: list[tuple[str, list[Resource]]] = [("", groups)]
    if training and on_demand and len(groups) == 1:
        shapes.append((f"{key}.capacity: spot_with_fallback", _by_spot(groups[0])))
    if training and any(_fewest(group) for group in groups):
        shapes += [
            (
                "; ".join(filter(None, (f"{key}.min: 0, so that it has nodes while it trains", what))),
                [_from_none(each) for each in shape],
            )
            for what, shape in list(shapes)
        ]
    for other in instance_types().values():
        if not Need.of(machine).met_by(other) or not offers(region, other.name):
            continue
        for what, shape in shapes:
            if other.name == machine.name and not what:
                continue
            changed = [_with(each, instanceTypes=[other.name]) for each in shape]
            cost = _cost(preview, settings, small, groups, changed)
            if cost.unpriced and not now.unpriced:
                continue
            named = "" if other.name == machine.name else f"{key}.instance_type: {other.name}"
            yield Alternative(
                pool, "; ".join(filter(None, (named, what))), before - cost.total().expected, False
            )
    yield from _elsewhere(pool, machine, context, now)


def _elsewhere(pool: str, machine: Machine, context: Context, now: Bill) -> Iterator[Alternative]:
    """The same nodes in the private site, by its price book."""
    hours = sum((line.units.expected for line in now.lines if line.price.unit == "instance-hour"), Decimal(0))
    if machine.gpu is None or not hours:
        return
    before = now.total().expected
    for other in flavours().values():
        price = flavour(other.name, context)
        if isinstance(price, Price) and Need.of(machine).met_by(other):
            what = (
                f"openstack.gpu_pools.{pool} with flavor {other.name} in place of the pool in AWS, if the "
                "private cloud has room"
            )
            yield Alternative(pool, what, (before - hours * price.usd).quantize(Decimal("0.01")), False)


def _cost(
    preview: Preview,
    settings: CostSettings,
    small: Mapping[str, Resource],
    groups: list[Resource],
    instead: list[Resource] | None = None,
) -> Bill:
    """The bill of a pool's groups, or of what would stand for them."""
    out = {group.urn for group in groups}
    chosen = groups if instead is None else instead
    others = {urn: each for urn, each in small.items() if urn not in out}
    whole = bill(preview, {**others, **{each.urn: each for each in chosen}}, settings)
    mine = {each.urn for each in chosen}
    return Bill(
        tuple(line for line in whole.lines if line.resource.urn in mine),
        tuple(each for each in whole.unpriced if each.resource.urn in mine),
        (),
    )


def _machine(group: Resource) -> Machine | None:
    kinds = group.inputs.get("instanceTypes")
    name = kinds[0] if isinstance(kinds, list) and kinds else None
    return instance_types().get(name) if isinstance(name, str) else None


def _label(group: Resource, name: str) -> str | None:
    labels = group.inputs.get("labels")
    value = labels.get(name) if isinstance(labels, Mapping) else None
    return value if isinstance(value, str) else None


def _fewest(group: Resource) -> int:
    scaling = group.inputs.get("scalingConfig")
    least = scaling.get("minSize") if isinstance(scaling, Mapping) else 0
    return least if isinstance(least, int) else 0


def _from_none(group: Resource) -> Resource:
    scaling = group.inputs.get("scalingConfig")
    return _with(group, scalingConfig={**scaling, "minSize": 0}) if isinstance(scaling, Mapping) else group


def _by_spot(group: Resource) -> list[Resource]:
    """A group by spot, and one on demand that starts at nothing for when there is none."""
    spot = replace(_with(group, capacityType=_SPOT), urn=f"{group.urn}-spot")
    return [spot, _from_none(group)]


def _with(group: Resource, **inputs: Any) -> Resource:
    return replace(group, inputs={**group.inputs, **inputs})
