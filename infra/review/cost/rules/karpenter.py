"""Nodes that Karpenter buys: from none to the limits of their pool, by the cheapest type that fills them.

What a pool may buy is told by its requirements and its limits (karpenter.sh/v1 NodePool; labels of
aws/karpenter-provider-aws, website/content/en/docs/concepts/scheduling.md, "Well-Known Labels"). It buys what
pods ask for, so at least there is nothing; a pool without limits has no end, and so no figure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from pydantic import Field

from infra.review.cost.charge import HOURS, Charge, Range
from infra.review.cost.context import Context, exact
from infra.review.cost.inputs import Inputs, Text, read
from infra.review.cost.price import NoPrice, Price
from infra.review.cost.quantities import GIB, GPU, quantity
from infra.review.cost.rules.kubernetes import cluster_of
from infra.review.resource import Resource
from infra.settings.catalogue import Machine, instance_types, offers

POOL: Final = "kubernetes:karpenter.sh/v1:NodePool"
CLASS: Final = "kubernetes:karpenter.k8s.aws/v1:EC2NodeClass"
DISK_GIB: Final = Decimal(20)
"""What a node of Amazon Linux gets where its class says nothing (aws/karpenter-provider-aws,
website/content/en/docs/concepts/nodeclasses.md, spec.blockDeviceMappings: 20Gi of gp3)."""


class _Requirement(Inputs):
    key: Text
    operator: Text
    values: list[Text] = Field(default_factory=list)


class _ClassRef(Inputs):
    name: Text = ""


class _NodeSpec(Inputs):
    requirements: list[_Requirement] = Field(default_factory=list)
    node_class_ref: _ClassRef = _ClassRef()


class _Template(Inputs):
    spec: _NodeSpec = _NodeSpec()


class _PoolSpec(Inputs):
    template: _Template = _Template()
    limits: dict[str, Any] = Field(default_factory=dict)


class _Pool(Inputs):
    spec: _PoolSpec


_EC2: Final = "karpenter.k8s.aws/instance-"
_LABELS: Final[Mapping[str, Callable[[Machine], str]]] = {
    "node.kubernetes.io/instance-type": lambda machine: machine.name,
    "kubernetes.io/arch": lambda machine: machine.arch,
    f"{_EC2}family": lambda machine: machine.name.partition(".")[0],
    f"{_EC2}size": lambda machine: machine.name.partition(".")[2],
    f"{_EC2}category": lambda machine: machine.name[:1],
    f"{_EC2}generation": lambda machine: next((c for c in machine.name if c.isdigit()), ""),
    f"{_EC2}cpu": lambda machine: str(machine.vcpus),
    f"{_EC2}memory": lambda machine: f"{machine.memory_gib * 1024:.0f}",
    f"{_EC2}gpu-name": lambda machine: (machine.gpu or "").lower(),
    f"{_EC2}gpu-count": lambda machine: str(machine.gpus) if machine.gpus else "",
}
_CAPACITY: Final = "karpenter.sh/capacity-type"


def nodes(resource: Resource, context: Context) -> Iterator[Charge]:
    """Nodes from none to the limits: likely so far as nodes are busy, at most by the dearest type allowed."""
    spec = read(_Pool, resource).spec
    requirements = spec.template.spec.requirements
    region = _region(resource, context)
    if region is None:
        yield Charge("nodes", NoPrice("the preview does not say in which region it is"), Range.of(1))
        return
    spot = _buys_spot(requirements)
    wide = sorted(
        (number * price.usd, machine.name, number, price)
        for machine in instance_types().values()
        if offers(region, machine.name) and all(_takes(each, machine) for each in requirements)
        for price in [context.prices.instance(machine.name, region, spot=spot)]
        for number in [_most(machine, spec.limits)]
        if isinstance(price, Price) and number
    )
    if not wide:
        reason = (
            "no type of the catalogue that it may buy has a price, or fits its limits"
            if _limited(spec.limits)
            else "its NodePool has no limits, so there is no end to what Karpenter buys"
        )
        yield Charge("nodes", NoPrice(reason), Range.of(1))
        return
    least, kind, number, price = wide[0]
    dearest, other, count, top = wide[-1]
    bought = "spot" if spot else "on demand"
    busy = exact(context.usage.busy_share)
    share = Range(Decimal(0), busy, Decimal(1))
    yield Charge(f"0 to {number} {kind}, {bought}, by its limits", price, share * HOURS * number)
    if dearest > least:
        rest = (dearest - least) / top.usd
        yield Charge(
            f"if Karpenter takes {count} {other} in their place",
            top,
            Range(Decimal(0), Decimal(0), rest * HOURS),
        )
    disk = _disk(spec.template.spec.node_class_ref.name, context)
    gp3 = context.prices.service("gp3_gb_month", region)
    yield Charge(f"disk of each node, {disk:f} GB gp3", gp3, share * number * disk)


def _region(resource: Resource, context: Context) -> str | None:
    cluster = cluster_of(resource, context)
    return context.region(resource if cluster is None else cluster)


def _takes(requirement: _Requirement, machine: Machine) -> bool:
    """Whether a machine fits; a label that no catalogue tells of leaves every machine in."""
    label = _LABELS.get(requirement.key)
    if label is None:
        return True
    value = label(machine)
    match requirement.operator:
        case "In":
            return value in requirement.values
        case "NotIn":
            return value not in requirement.values
        case "Exists":
            return bool(value)
        case "DoesNotExist":
            return not value
        case "Gt" | "Lt":
            bound = quantity(next(iter(requirement.values), ""))
            mine = quantity(value)
            if bound is None or mine is None:
                return False
            return mine > bound if requirement.operator == "Gt" else mine < bound
    return True


def _buys_spot(requirements: Iterable[_Requirement]) -> bool:
    """Whether it buys by spot alone. Where it may do both, on demand is what it falls back on."""
    told = [each for each in requirements if each.key == _CAPACITY and each.operator == "In"]
    return any(each.values == ["spot"] for each in told)


def _limits(machine: Machine, limits: Mapping[str, Any]) -> Iterator[Decimal]:
    sizes = {
        "cpu": Decimal(machine.vcpus),
        "memory": exact(machine.memory_gib) * GIB,
        GPU: Decimal(machine.gpus),
    }
    for key, size in sizes.items():
        bound = quantity(limits.get(key))
        if bound is not None and size:
            yield bound // size


def _most(machine: Machine, limits: Mapping[str, Any]) -> int:
    """How many nodes of a type the limits allow; 0 where they do not bound it."""
    if not machine.gpus and GPU in limits and len(limits) == 1:
        return 0
    return int(min(_limits(machine, limits), default=Decimal(0)))


def _limited(limits: Mapping[str, Any]) -> bool:
    return any(quantity(limits.get(key)) is not None for key in ("cpu", "memory", GPU, "nodes"))


def _disk(name: str, context: Context) -> Decimal:
    for each in context.of_type(CLASS):
        metadata, spec = each.inputs.get("metadata"), each.inputs.get("spec")
        if not isinstance(metadata, Mapping) or metadata.get("name") != name or not isinstance(spec, Mapping):
            continue
        disks = spec.get("blockDeviceMappings")
        sizes = [
            quantity(disk["ebs"].get("volumeSize"))
            for disk in (disks if isinstance(disks, list) else ())
            if isinstance(disk, Mapping) and isinstance(disk.get("ebs"), Mapping)
        ]
        known = [size / GIB for size in sizes if size is not None]
        if known:
            return sum(known, Decimal(0)).quantize(Decimal("0.01")).normalize()
    return DISK_GIB


__all__ = ["CLASS", "POOL", "nodes"]
