"""One verdict on a change: what it does, what it breaks, what it costs, and whether it is refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from infra.review.budget.overrun import Overrun, overruns
from infra.review.change.cause import Cause, Written, causes
from infra.review.change.change import Change
from infra.review.change.impact import Impact, impact
from infra.review.change.values import HIDDEN
from infra.review.cost.bill import Bill, Line, bill
from infra.review.cost.charge import NOTHING, Range
from infra.review.cost.report import Cost
from infra.review.finding import SEVERITIES, Finding
from infra.review.preview import Preview
from infra.review.resource import Resource
from infra.settings.budget import BudgetSettings
from infra.settings.cost import CostSettings

Outcome = Literal["good", "refused by policy", "protected", "over budget", "unpriced"]


@dataclass(frozen=True)
class Judged:
    """One change with what it means and where it comes from."""

    change: Change
    impact: Impact
    cause: Cause
    component: str
    cost: Range
    """What it adds to a month; below 0 where it saves."""


@dataclass(frozen=True)
class Moved:
    """What a month costs before and after, of one site or component."""

    before: Range
    after: Range

    @property
    def by(self) -> Range:
        """What the change adds."""
        return self.after + self.before * -1


@dataclass(frozen=True)
class Verdict:
    """All that a review says of a change."""

    stack: str
    against: str
    """What it is held against, in words: a revision, a file, what stands."""
    before: Preview
    after: Preview
    judged: tuple[Judged, ...]
    cost: Cost
    overruns: tuple[Overrun, ...]
    findings: tuple[Finding, ...]
    written: Written
    unchanged: int
    """Resources that stay as they are."""
    hidden: int
    """Inputs that are secret on both sides: whether they differ, no preview tells."""

    @property
    def outcome(self) -> Outcome:
        """The gravest of what refuses it, else ``good``."""
        if any(finding.refuses for finding in self.findings):
            return "refused by policy"
        if any(each.change.protected for each in self.judged):
            return "protected"
        if self.overruns:
            return "over budget"
        return "unpriced" if self.cost.all_priced and self.cost.after.unpriced else "good"

    def of(self, kind: str) -> tuple[Judged, ...]:
        """The changes of a kind."""
        return tuple(each for each in self.judged if each.change.kind == kind)

    @property
    def total(self) -> Moved:
        """What all of it costs."""
        return Moved(self.cost.before.total(), self.cost.after.total())

    @property
    def by_site(self) -> Mapping[str, Moved]:
        """The same by site."""
        return _moved(self.cost.before.by(_site), self.cost.after.by(_site))

    @property
    def by_purpose(self) -> Mapping[str, Moved]:
        """The same by what it is for: training, serving, network, storage, platform."""
        return _moved(self.cost.before.by(_purpose), self.cost.after.by(_purpose))

    @property
    def by_component(self) -> Mapping[str, Moved]:
        """The same by component, the largest difference first."""
        moved = _moved(self.cost.before.by(_component), self.cost.after.by(_component))
        return dict(sorted(moved.items(), key=lambda item: (-abs(item[1].by.expected), item[0])))


def verdict(
    before: Preview,
    after: Preview,
    changes: tuple[Change, ...],
    *,
    against: str,
    cost_settings: CostSettings,
    budget: BudgetSettings,
    written: Written | None = None,
    findings: Iterable[Finding] = (),
    all_priced: bool = False,
) -> Verdict:
    """Judge a change.

    ``before.after`` and ``after.after`` are the two sides; both are reckoned by the same settings, so that
    what differs is the change's.
    """
    written = written or Written()
    old, new = bill(before, before.after, cost_settings), bill(after, after.after, cost_settings)
    limit = budget.usd_per_month
    cost = Cost(
        after.stack,
        old,
        new,
        cost_settings.usage,
        None if limit is None else Decimal(str(limit)),
        all_priced,
    )
    found = causes(changes, written)
    judged = tuple(_judged(before, after, changes, found, old, new))
    touched = {each.change.urn for each in judged}
    placed = (_placed(each, found, after.after) for each in findings)
    return Verdict(
        after.stack,
        against,
        before,
        after,
        judged,
        cost,
        overruns(before, after, old, new, cost_settings, budget),
        tuple(
            sorted(
                placed,
                key=lambda each: (not each.refuses, SEVERITIES.index(each.severity), each.rule, each.urn),
            )
        ),
        written,
        sum(resource.custom and urn not in touched for urn, resource in after.after.items()),
        sum(_hidden(resource.inputs) for resource in after.after.values()),
    )


def _judged(
    before: Preview,
    after: Preview,
    changes: tuple[Change, ...],
    found: Mapping[str, Cause],
    old: Bill,
    new: Bill,
) -> Iterator[Judged]:
    was, now = _by_resource(old), _by_resource(new)
    for change in changes:
        side = after if change.after is not None else before
        costs = now.get(change.after.urn, NOTHING) if change.after else NOTHING
        saves = was.get(change.before.urn, NOTHING) if change.before else NOTHING
        yield Judged(
            change,
            impact(change, side.after),
            found[change.urn],
            _outermost(change.resource, side),
            costs + saves * -1,
        )


def _placed(finding: Finding, found: Mapping[str, Cause], resources: Mapping[str, Resource]) -> Finding:
    """A finding with its line: that of the change which made it, else that where the resource is declared."""
    cause, resource = found.get(finding.urn), resources.get(finding.urn)
    declared = next(iter(resource.places), None) if resource is not None else None
    place = (cause.place if cause is not None else None) or declared
    if finding.file or place is None:
        return finding
    return replace(finding, file=place.file, line=place.line)


def _outermost(resource: Resource, preview: Preview) -> str:
    names = [above.name for above in preview.ancestors(resource)]
    return "/".join(names[:-3:-1])


def _by_resource(of: Bill) -> Mapping[str, Range]:
    found: dict[str, Range] = {}
    for line in of.lines:
        found[line.resource.urn] = found.get(line.resource.urn, NOTHING) + line.monthly
    return found


def _moved(before: Mapping[str, Range], after: Mapping[str, Range]) -> Mapping[str, Moved]:
    return {
        name: Moved(before.get(name, NOTHING), after.get(name, NOTHING))
        for name in dict.fromkeys((*after, *before))
    }


def _site(line: Line) -> str:
    return line.site


def _purpose(line: Line) -> str:
    return line.purpose


def _component(line: Line) -> str:
    return line.component


def _hidden(value: object) -> int:
    if isinstance(value, Mapping):
        return sum(map(_hidden, value.values()))
    if isinstance(value, list):
        return sum(map(_hidden, value))
    return int(value == HIDDEN)
