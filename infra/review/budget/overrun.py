"""A budget that a change passes: by how much, through what, and what would keep the capacity for less."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from infra.review.budget.alternatives import Alternative, alternatives
from infra.review.cost.bill import Bill, Line
from infra.review.preview import Preview
from infra.settings.budget import BudgetSettings
from infra.settings.cost import CostSettings

LARGEST: Final = 3
ACCOUNT: Final = "aws"


@dataclass(frozen=True)
class Share:
    """What one resource adds to what a budget is held against."""

    urn: str
    name: str
    usd: Decimal


@dataclass(frozen=True)
class Overrun:
    """One budget and what is above it, in USD of a month that are likely."""

    key: str
    """Of the stack file: ``budget.usd_per_month``, ``budget.components``."""
    what: str
    """What the budget is of: a site or a component."""
    limit: Decimal
    before: Decimal
    after: Decimal
    largest: tuple[Share, ...]
    """The three resources that add most; where the change adds nothing, that cost most."""
    alternatives: tuple[Alternative, ...]
    """The cheapest first."""


def overruns(
    before: Preview, after: Preview, old: Bill, new: Bill, settings: CostSettings, budget: BudgetSettings
) -> tuple[Overrun, ...]:
    """Every budget that a change passes, or goes further above; one that it comes nearer to is let pass."""
    return tuple(_overruns(after, old, new, settings, budget, whole=not before.after))


def _overruns(
    after: Preview, old: Bill, new: Bill, settings: CostSettings, budget: BudgetSettings, *, whole: bool
) -> Iterator[Overrun]:
    limits = [("budget.components", name, limit) for name, limit in budget.components.items()]
    if budget.usd_per_month is not None:
        limits.insert(0, ("budget.usd_per_month", ACCOUNT, budget.usd_per_month))
    for key, name, usd in limits:
        limit = Decimal(str(usd))
        was, now = _of(old, key, name), _of(new, key, name)
        total = sum((line.monthly.expected for line in now), Decimal(0))
        had = sum((line.monthly.expected for line in was), Decimal(0))
        if total <= limit or (total <= had and not whole):
            continue
        urns = frozenset(line.resource.urn for line in now)
        yield Overrun(
            key,
            name,
            limit,
            had,
            total,
            _largest(was, now),
            alternatives(after, settings, urns, total - limit),
        )


def _of(bill: Bill, key: str, name: str) -> list[Line]:
    if key == "budget.usd_per_month":
        return [line for line in bill.lines if line.site == name]
    return [line for line in bill.lines if line.component == name]


def _largest(was: list[Line], now: list[Line]) -> tuple[Share, ...]:
    costs = {line.resource.urn: Decimal(0) for line in (*was, *now)}
    whole = dict(costs)
    names = {line.resource.urn: line.resource.name for line in (*was, *now)}
    for line in now:
        costs[line.resource.urn] += line.monthly.expected
        whole[line.resource.urn] += line.monthly.expected
    for line in was:
        costs[line.resource.urn] -= line.monthly.expected
    if not any(usd > 0 for usd in costs.values()):
        costs = whole
    shares = [Share(urn, names[urn], usd) for urn, usd in costs.items() if usd > 0]
    return tuple(sorted(shares, key=lambda share: (-share.usd, share.urn))[:LARGEST])
