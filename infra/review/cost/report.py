"""What a bill says to another program, and the verdict on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from infra.review.cost.bill import Bill, Line, Unpriced, bill, context_of, hourly
from infra.review.cost.capacity import Capacity
from infra.review.cost.charge import Range
from infra.review.cost.pods import Share, plain, shares
from infra.review.preview import Preview
from infra.settings.budget import BudgetSettings
from infra.settings.cost import CostSettings, Usage

Verdict = Literal["good", "over budget", "unpriced"]
DAYS = Decimal(730) / 24
THOUSAND = Decimal(1000)


@dataclass(frozen=True)
class Cost:
    """The cost of a preview: the bills before and after the change, and what they are held against."""

    stack: str
    before: Bill
    after: Bill
    usage: Usage
    usd_per_month: Decimal | None
    """The budget of the public site."""
    all_priced: bool
    """Whether something without a price is refused."""
    pods: tuple[Share, ...] = ()
    """After the change, by what they request; contained in the bill's nodes."""
    capacity: Capacity | None = None
    """What one server answers, where it was measured."""

    @property
    def verdict(self) -> Verdict:
        """What the bill after the change amounts to: the budget is that of the AWS account."""
        if self.usd_per_month is not None and self.after.total("aws").expected > self.usd_per_month:
            return "over budget"
        return "unpriced" if self.all_priced and self.after.unpriced else "good"

    @property
    def usd_per_thousand(self) -> Decimal | None:
        """What serving costs for a thousand recommendations; None where none are asked for."""
        asked = self.usage.requests_per_day * DAYS / THOUSAND
        serving = self.after.by(_purpose).get("serving")
        return None if not asked or serving is None else (serving.expected / asked).quantize(Decimal("1e-6"))

    def plain(self) -> dict[str, Any]:
        """The shape of ``--json``; docs/cost.md tells it."""
        total, per_thousand = self.after.total(), self.usd_per_thousand
        return {
            "stack": self.stack,
            "verdict": self.verdict,
            "currency": "USD",
            "monthly": _range(total),
            "hourly": _range(hourly(total)),
            "before": _range(self.before.total()),
            "budget": self._budget(),
            "usdPerThousandRequests": None if per_thousand is None else float(per_thousand),
            "capacity": None if self.capacity is None else self.capacity.plain(self.pods),
            "bySite": _sums(self.after.by(_site)),
            "byPurpose": _sums(self.after.by(_purpose)),
            "byComponent": _sums(self.after.by(_component)),
            "lines": [_line(line) for line in self.after.lines],
            "unpriced": [_unpriced(each) for each in self.after.unpriced],
            "free": [
                {"type": kind, "resources": count, "reason": reason}
                for (kind, reason), count in sorted(
                    Counter((each.resource.type, each.reason) for each in self.after.free).items()
                )
            ],
            "pods": [plain(each) for each in self.pods],
            "usage": self.usage.model_dump(),
        }

    def _budget(self) -> dict[str, Any] | None:
        if self.usd_per_month is None:
            return None
        expected = self.after.total("aws").expected
        return {"site": "aws", "usdPerMonth": float(self.usd_per_month), "expected": float(expected)}


def cost(
    preview: Preview,
    settings: CostSettings,
    budget: BudgetSettings,
    *,
    all_priced: bool = False,
    capacity: Capacity | None = None,
) -> Cost:
    """What a preview costs by the settings of a stack."""
    limit = budget.usd_per_month
    after = bill(preview, preview.after, settings)
    return Cost(
        preview.stack,
        bill(preview, preview.before, settings),
        after,
        settings.usage,
        None if limit is None else Decimal(str(limit)),
        all_priced,
        shares(after, context_of(preview, preview.after, settings)),
        capacity,
    )


def _site(line: Line) -> str:
    return line.site


def _purpose(line: Line) -> str:
    return line.purpose


def _component(line: Line) -> str:
    return line.component


def _range(amount: Range) -> dict[str, float]:
    return {"low": float(amount.low), "expected": float(amount.expected), "high": float(amount.high)}


def _sums(sums: Mapping[str, Range]) -> dict[str, dict[str, float]]:
    return {name: _range(amount) for name, amount in sums.items()}


def _line(line: Line) -> dict[str, Any]:
    return {
        "urn": line.resource.urn,
        "name": line.resource.name,
        "type": line.resource.type,
        "operation": line.resource.operation,
        "site": line.site,
        "component": line.component,
        "purpose": line.purpose,
        "what": line.what,
        "units": _range(line.units),
        "unit": line.price.unit,
        "usd": float(line.price.usd),
        "source": line.price.source,
        "date": None if line.price.date is None else line.price.date.isoformat(),
        "monthly": _range(line.monthly),
    }


def _unpriced(each: Unpriced) -> dict[str, Any]:
    return {
        "urn": each.resource.urn,
        "name": each.resource.name,
        "type": each.resource.type,
        "what": each.what,
        "reason": each.reason,
    }
