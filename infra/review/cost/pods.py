"""What pods cost by what they request: a part of the nodes that they run on, and in the bill through these.

A pod holds the largest of three parts of its node: of its CPUs, its memory, its GPUs. The part times the
price of the node is what it costs. What a node has left over is nobody's: pods never sum to their nodes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from infra.naming import LABEL_DOMAIN
from infra.review.cost.bill import Bill, Line
from infra.review.cost.charge import HOURS, Range
from infra.review.cost.context import Context, exact
from infra.review.cost.quantities import Asked, of_pod, quantity
from infra.review.cost.rules.kubernetes import site_of
from infra.review.resource import Resource
from infra.settings.catalogue import Machine, flavours, instance_types

_TEMPLATE: Final = ("spec", "template", "spec")
_TEMPLATES: Final[Mapping[str, tuple[str, ...]]] = {
    "kubernetes:core/v1:Pod": ("spec",),
    "kubernetes:apps/v1:Deployment": _TEMPLATE,
    "kubernetes:apps/v1:StatefulSet": _TEMPLATE,
    "kubernetes:apps/v1:ReplicaSet": _TEMPLATE,
    "kubernetes:argoproj.io/v1alpha1:Rollout": _TEMPLATE,
    "kubernetes:batch/v1:Job": _TEMPLATE,
    "kubernetes:batch/v1:CronJob": ("spec", "jobTemplate", *_TEMPLATE),
}
_JOBS: Final = ("kubernetes:batch/v1:Job", "kubernetes:batch/v1:CronJob")
_SCALERS: Final = (
    "kubernetes:keda.sh/v1alpha1:ScaledObject",
    "kubernetes:autoscaling/v2:HorizontalPodAutoscaler",
)
POOL: Final = f"{LABEL_DOMAIN}/pool"
_GROUP_LABELS: Final = (
    "eks.amazonaws.com/nodegroup",
    "capi.stackhpc.com/node-group",
    "node.cluster.x-k8s.io/nodegroup",
    "magnum.openstack.org/nodegroup",
)
_NODES: Final = "instance-hour", "flavour-hour"
_GROUPS: Final = (
    "aws:eks/nodeGroup:NodeGroup",
    "openstack:containerinfra/nodeGroup:NodeGroup",
    "openstack:containerinfra/cluster:Cluster",
    "kubernetes:karpenter.sh/v1:NodePool",
)


@dataclass(frozen=True)
class Share:
    """The pods of one object of Kubernetes, and what of its nodes is theirs."""

    resource: Resource
    pods: Range
    """So many at once; of a job while it runs."""
    asked: Asked
    """Of one pod."""
    nodes: str
    """The group that they run on; "" where the preview has none of them."""
    monthly: Range | None
    """USD, contained in the bill's lines of the nodes; None where it cannot be told."""
    reason: str = ""
    """Why it cannot."""


def shares(bill: Bill, context: Context) -> tuple[Share, ...]:
    """Every object that makes pods, the dearest first; those whose cost cannot be told come last."""
    lines = [line for line in bill.lines if line.resource.type in _GROUPS and line.price.unit in _NODES]
    found = [_share(each, lines, context) for each in context.resources.values() if each.type in _TEMPLATES]
    return tuple(
        sorted(
            found,
            key=lambda one: (
                one.monthly is None,
                -(one.monthly.expected if one.monthly else 0),
                one.resource.urn,
            ),
        )
    )


def _share(resource: Resource, lines: list[Line], context: Context) -> Share:
    spec = _at(resource.inputs, *_TEMPLATES[resource.type])
    asked, pods = of_pod(spec), _pods(resource, context)

    def untold(reason: str) -> Share:
        return Share(resource, pods, asked, "", None, reason)

    if asked == Asked():
        return untold("its containers request nothing that is known")
    line = _line(resource, spec, asked, lines, context)
    if line is None:
        return untold("the nodes that it runs on are not in the preview, or have no price")
    machine = _machine(line)
    if machine is None:
        return untold(f"no catalogue tells what a node of {line.resource.name} has")
    part = _part(asked, machine)
    if part is None or part > 1:
        return untold(f"no node of {line.resource.name} has what it requests")
    cost = pods * (part * HOURS * line.price.usd)
    return Share(resource, pods, asked, line.resource.name, _cents(cost))


def _pods(resource: Resource, context: Context) -> Range:
    """How many run: of a Deployment by whatever scales it, of a job while its hours last."""
    if resource.type in _JOBS:
        spec = _at(resource.inputs, *_TEMPLATES[resource.type][:-2])
        most = quantity(_at(spec, "parallelism")) or Decimal(1)
        return Range(Decimal(0), most * exact(context.usage.training_hours) / HOURS, most)
    least = most = quantity(_at(resource.inputs, "spec", "replicas")) or Decimal(1)
    name = _at(resource.inputs, "metadata", "name")
    for kind in _SCALERS:
        for each in context.of_type(kind):
            spec = each.inputs.get("spec")
            if each.provider != resource.provider or _at(spec, "scaleTargetRef", "name") != name:
                continue
            bounds = [
                quantity(_at(spec, f"{end}Replica{rest}"))
                for end in ("min", "max")
                for rest in ("s", "Count")
            ]
            low, high = bounds[0] or bounds[1], bounds[2] or bounds[3]
            least = low if low is not None else Decimal(0 if "keda" in kind else 1)
            most = max(high or least, least)
    busy = exact(context.usage.busy_share)
    return Range(least, least + (most - least) * busy, most)


def _line(resource: Resource, spec: Any, asked: Asked, lines: list[Line], context: Context) -> Line | None:
    """The nodes of the pool that its pods select, else those of its site that no label sets apart."""
    site = site_of(resource, context)
    here = [line for line in lines if line.site == site]
    selector = _at(spec, "nodeSelector")
    wanted = selector if isinstance(selector, Mapping) else {}
    named = {wanted.get(label) for label in (POOL, *_GROUP_LABELS)} - {None}
    if named:
        chosen = [line for line in here if named & {_pool(line.resource), line.resource.inputs.get("name")}]
    else:
        chosen = [line for line in here if _pool(line.resource) is None and "masters" not in line.what]
        # Pods without GPUs are kept off the nodes that have some, and a cluster's own workers are its last.
        without_gpus = [line for line in chosen if (machine := _machine(line)) is None or not machine.gpus]
        chosen = without_gpus if not asked.gpus else chosen
        chosen = [line for line in chosen if line.resource.type.endswith(":NodeGroup")] or chosen
    # Groups of one pool are ways to buy the same nodes; the dearer one is what they cost at most.
    return max(chosen, key=lambda line: line.price.usd, default=None)


def _pool(group: Resource) -> str | None:
    labels = group.inputs.get("labels") or _at(group.inputs, "spec", "template", "metadata", "labels")
    value = labels.get(POOL) if isinstance(labels, Mapping) else None
    return value if isinstance(value, str) else None


def _machine(line: Line) -> Machine | None:
    """What a node is: its type stands in what the line says, as that is how it was priced."""
    for word in line.what.replace(",", " ").split():
        if (machine := instance_types().get(word) or flavours().get(word)) is not None:
            return machine
    return None


def _part(asked: Asked, machine: Machine) -> Decimal | None:
    sizes = (
        (asked.cpus, Decimal(machine.vcpus)),
        (asked.memory_gib, exact(machine.memory_gib)),
        (asked.gpus, Decimal(machine.gpus)),
    )
    if any(wanted and not has for wanted, has in sizes):
        return None
    return max(wanted / has for wanted, has in sizes if has)


def _cents(amount: Range) -> Range:
    cent = Decimal("0.01")
    return Range(amount.low.quantize(cent), amount.expected.quantize(cent), amount.high.quantize(cent))


def _at(value: Any, *path: str) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def plain(each: Share) -> dict[str, Any]:
    """The shape of ``--json``; docs/cost.md tells it."""
    monthly = each.monthly
    return {
        "urn": each.resource.urn,
        "name": each.resource.name,
        "type": each.resource.type,
        "pods": _floats(each.pods),
        "requests": {
            "cpus": float(each.asked.cpus),
            "memoryGib": float(round(each.asked.memory_gib, 6)),
            "gpus": float(each.asked.gpus),
        },
        "nodes": each.nodes or None,
        "monthly": None if monthly is None else _floats(monthly),
        "reason": each.reason or None,
    }


def _floats(amount: Range) -> dict[str, float]:
    return {"low": float(amount.low), "expected": float(amount.expected), "high": float(amount.high)}


__all__ = ["Share", "plain", "shares"]
