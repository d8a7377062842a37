"""The JSON of a verdict: a model for each part, from which the published schema is made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from infra.review.budget.overrun import Overrun
from infra.review.change.change import Kind
from infra.review.cost.bill import hourly
from infra.review.cost.charge import Range
from infra.review.finding import Finding, Severity
from infra.review.resource import Place
from infra.review.verdict import Judged, Moved, Outcome, Verdict

SCHEMA_FILE: Final = Path(__file__).parents[3] / "docs" / "review.schema.json"
VERSION: Final = 1


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="forbid")


class Amount(_Part):
    """USD of a month: at least, likely and at most."""

    low: float
    expected: float
    high: float

    @classmethod
    def of(cls, amount: Range) -> Amount:
        return cls(low=float(amount.low), expected=float(amount.expected), high=float(amount.high))


class BeforeAfter(_Part):
    """What a month costs on both sides of the change."""

    before: Amount
    after: Amount
    change: Amount

    @classmethod
    def of(cls, moved: Moved) -> BeforeAfter:
        return cls(before=Amount.of(moved.before), after=Amount.of(moved.after), change=Amount.of(moved.by))


class At(_Part):
    """A line of a file below the project's folder; 0 where it is not known."""

    file: str
    line: int = Field(ge=0)

    @classmethod
    def of(cls, place: Place | None) -> At | None:
        return None if place is None else cls(file=place.file, line=place.line)


class PropertyChange(_Part):
    """An input that differs; values are cut, and never secret."""

    path: str
    before: str
    after: str


class SettingWritten(_Part):
    """A setting of the stack file that another value was written for."""

    key: str
    before: str
    after: str
    at: At


class ResourceChange(_Part):
    """What happens to one resource."""

    urn: str
    type: str
    name: str
    component: str
    site: str
    kind: Kind
    protected: bool
    """The engine refuses to delete it."""
    properties: list[PropertyChange]
    forced_by: list[str]
    """Inputs that make it a replacement."""
    goes_with: str | None
    """URN of the resource whose replacement replaces it."""
    known_by: str
    """How it is known that it is replaced, or is not."""
    like: str | None
    """URN of a resource that goes and is its like: a rename without an alias."""
    lost: str
    """Data that is deleted."""
    refused: str
    """Why the cloud refuses the deletion while it is not empty."""
    down: str
    """What does not work meanwhile."""
    reason: str
    at: At | None
    """What made the change: a line of the stack file, or of the program."""
    settings: list[str]
    """Keys of the settings that made it."""
    usd_per_month: Amount


class PolicyFinding(_Part):
    """What a policy holds against a resource."""

    rule: str
    title: str
    severity: Severity
    refuses: bool
    stood: bool
    """It stood before the change, which is not refused for it."""
    reason: str
    remedy: str
    references: list[str]
    urn: str
    at: At | None


class Share(_Part):
    urn: str
    name: str
    usd_per_month: float


class Alternative(_Part):
    """What keeps the capacity for less."""

    pool: str
    what: str
    saves_usd_per_month: float
    enough: bool
    """The budget holds with it alone."""


class PassedBudget(_Part):
    """A budget that the change passes."""

    key: str
    of: str
    usd_per_month: float
    before: float
    after: float
    largest: list[Share]
    alternatives: list[Alternative]


class UnpricedPart(_Part):
    """What is charged for by a price that is not known."""

    urn: str
    type: str
    name: str
    what: str
    reason: str


class Review(_Part):
    """The whole verdict on a change."""

    version: Literal[1]
    stack: str
    against: str
    verdict: Outcome
    counts: dict[Kind, int]
    unchanged: int
    hidden_inputs: int
    """Secret inputs, of which no preview tells whether they differ."""
    currency: Literal["USD"]
    monthly: BeforeAfter
    hourly: Amount
    """USD of an hour after the change."""
    by_site: dict[str, BeforeAfter]
    by_purpose: dict[str, BeforeAfter]
    by_component: dict[str, BeforeAfter]
    usage: dict[str, float]
    """What the bill depends on and no program knows, `cost.usage` of the stack file."""
    budgets: list[PassedBudget]
    unpriced: int
    """Parts without a known price, which are in no figure."""
    unpriced_parts: list[UnpricedPart]
    settings: list[SettingWritten]
    files: list[str]
    """Files of the program that differ."""
    changes: list[ResourceChange]
    findings: list[PolicyFinding]


def report(verdict: Verdict) -> Review:
    """A verdict as its JSON says it."""
    return Review(
        version=VERSION,
        stack=verdict.stack,
        against=verdict.against,
        verdict=verdict.outcome,
        counts={kind: len(verdict.of(kind)) for kind in ("add", "change", "replace", "delete")},
        unchanged=verdict.unchanged,
        hidden_inputs=verdict.hidden,
        currency="USD",
        monthly=BeforeAfter.of(verdict.total),
        hourly=Amount.of(hourly(verdict.total.after)),
        by_site=_moved(verdict.by_site),
        by_purpose=_moved(verdict.by_purpose),
        by_component=_moved(verdict.by_component),
        usage=verdict.cost.usage.model_dump(),
        budgets=[_budget(each) for each in verdict.overruns],
        unpriced=len(verdict.cost.after.unpriced),
        unpriced_parts=[
            UnpricedPart(
                urn=each.resource.urn,
                type=each.resource.type,
                name=each.resource.name,
                what=each.what,
                reason=each.reason,
            )
            for each in verdict.cost.after.unpriced
        ],
        settings=[
            SettingWritten(
                key=each.key,
                before=each.before,
                after=each.after,
                at=At(file=each.place.file, line=each.place.line),
            )
            for each in verdict.written.settings
        ],
        files=sorted(verdict.written.files),
        changes=[_change(each) for each in verdict.judged],
        findings=[_finding(each) for each in verdict.findings],
    )


def plain(verdict: Verdict) -> dict[str, Any]:
    """A verdict as JSON values."""
    return report(verdict).model_dump(mode="json", by_alias=True)


def schema() -> str:
    """The published schema, as its file has it."""
    made = Review.model_json_schema(by_alias=True, mode="serialization")
    about = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "isthmus review --against"}
    return json.dumps({**made, **about}, indent=2, sort_keys=True) + "\n"


def _moved(sums: Mapping[str, Moved]) -> dict[str, BeforeAfter]:
    return {name: BeforeAfter.of(moved) for name, moved in sums.items()}


def _budget(overrun: Overrun) -> PassedBudget:
    return PassedBudget(
        key=overrun.key,
        of=overrun.what,
        usd_per_month=float(overrun.limit),
        before=_cents(overrun.before),
        after=_cents(overrun.after),
        largest=[
            Share(urn=share.urn, name=share.name, usd_per_month=_cents(share.usd))
            for share in overrun.largest
        ],
        alternatives=[
            Alternative(
                pool=each.pool, what=each.what, saves_usd_per_month=_cents(each.saves), enough=each.enough
            )
            for each in overrun.alternatives
        ],
    )


def _change(judged: Judged) -> ResourceChange:
    change, impact, cause = judged.change, judged.impact, judged.cause
    resource = change.resource
    return ResourceChange(
        urn=resource.urn,
        type=resource.type,
        name=resource.name,
        component=judged.component,
        site=impact.site,
        kind=change.kind,
        protected=change.protected,
        properties=[
            PropertyChange(path=each.path, before=each.before, after=each.after) for each in change.properties
        ],
        forced_by=list(change.forced_by),
        goes_with=change.goes_with or None,
        known_by=change.known_by,
        like=change.like or None,
        lost=impact.lost,
        refused=impact.refused,
        down=impact.down,
        reason=impact.reason,
        at=At.of(cause.place),
        settings=[each.key for each in cause.settings],
        usd_per_month=Amount.of(judged.cost),
    )


def _finding(finding: Finding) -> PolicyFinding:
    return PolicyFinding(
        rule=finding.rule,
        title=finding.title,
        severity=finding.severity,
        refuses=finding.refuses,
        stood=finding.stood,
        reason=finding.reason,
        remedy=finding.remedy,
        references=list(finding.references),
        urn=finding.urn,
        at=At(file=finding.file, line=finding.line) if finding.file else None,
    )


def _cents(usd: Decimal) -> float:
    return float(usd)
