"""Pairs of numbers and days that must stand in order."""

from __future__ import annotations

from collections.abc import Iterator

from infra.naming import Naming
from infra.settings.model import Settings
from isthmus.settings.errors import Problem

LONGEST_BUDGET = 100
"""botocore, budgets, BudgetName."""


def _ranges(settings: Settings) -> Iterator[Problem]:
    nodes, workers = settings.aws.cluster.system_nodes, settings.openstack.cluster.nodes
    replicas, fronts = settings.serving.replicas, settings.serving.front.replicas
    for path, low, high in (
        ("aws.cluster.system_nodes", nodes.min, nodes.max),
        ("openstack.cluster.nodes", workers.min, workers.max),
        ("serving.replicas", replicas.min, replicas.max),
        ("serving.front.replicas", fronts.min, fronts.max),
    ):
        if low > high:
            yield Problem(f"{path}.max", f"is {high}, less than min {low}; raise max or lower min")


def _training(settings: Settings) -> Iterator[Problem]:
    training = settings.training
    first, last = training.window.first_day, training.window.last_day
    if first and last:
        days = (last - first).days + 1
        if days < 1:
            yield Problem(
                "training.window.last_day", f"is {last}, before first_day {first}; write a day after it"
            )
        elif training.hold_back_days >= days:
            yield Problem(
                "training.hold_back_days",
                f"is {training.hold_back_days} of the window's {days} days, which leaves none to train on; "
                f"hold back at most {days - 1}"
                if days > 1
                else "leaves none of one day; widen the window",
            )

    if training.enabled and training.started_by == "schedule" and not training.retrain.enabled:
        yield Problem(
            "training.started_by",
            "is schedule, and training.retrain.enabled is false: nothing would ever train; set that to true, "
            "or this to up",
        )
    if training.elastic_min_workers > training.workers:
        yield Problem(
            "training.elastic_min_workers",
            f"is {training.elastic_min_workers}, more than training.workers {training.workers}; "
            "lower it, or write 0 for all of them",
        )


def _serving(settings: Settings) -> Iterator[Problem]:
    serving, training = settings.serving, settings.training
    if serving.enabled and serving.release == "latest" and training.started_by == "schedule":
        yield Problem(
            "serving.release",
            "is latest, and training.started_by is schedule: no up waits for a release then, and a first one "
            "would find none; write the digest of one (`isthmus release list`), or set serving.enabled to "
            "false until there is one",
        )
    if serving.enabled and not serving.trusted_keys:
        yield Problem(
            "serving.trusted_keys",
            "is empty, so no release could be trusted; add the public key of the validation that signs "
            "(`isthmus release show` prints it) or set serving.enabled to false",
        )


def bounds(settings: Settings) -> Iterator[Problem]:
    """Problems with pairs of settings that must stand in order."""
    yield from _ranges(settings)
    yield from _training(settings)
    yield from settings.training.clashes()
    yield from _serving(settings)
    budget = settings.budget
    if budget.alert_emails and not budget.watched:
        yield Problem(
            "budget.alert_emails",
            "names people, but there is no budget in AWS; set budget.usd_per_month as well, or a component's",
        )
    for component in budget.in_aws:
        if len(name := Naming(settings.stack).budget(component)) > LONGEST_BUDGET:
            yield Problem(
                f"budget.components.{component}",
                f"makes a budget {name}, whose name has {len(name)} characters; AWS Budgets takes "
                f"{LONGEST_BUDGET}: give the component or the stack a shorter name",
            )
