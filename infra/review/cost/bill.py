"""The bill of a preview: its lines, what has no price, what costs nothing and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import reduce
from operator import add

from infra.review.cost.charge import HOURS, NOTHING, Purpose, Range
from infra.review.cost.context import Context
from infra.review.cost.inputs import Unreadable
from infra.review.cost.price import NoPrice, Price
from infra.review.cost.prices import Prices, prices
from infra.review.cost.rules import RULES, kubernetes, why_free
from infra.review.preview import Preview
from infra.review.resource import Resource
from infra.settings.cost import CostSettings

CENT = Decimal("0.01")
ALONE = "(no component)"


@dataclass(frozen=True)
class Line:
    """One charge of one resource."""

    resource: Resource
    site: str
    component: str
    purpose: Purpose
    what: str
    price: Price
    units: Range

    @property
    def monthly(self) -> Range:
        """USD of a month, in whole cents, so that the lines of a bill add up to its totals."""
        return _rounded(self.units * self.price.usd, CENT)


@dataclass(frozen=True)
class Unpriced:
    """What is charged for, but by a price that was not read; or a type that no rule knows."""

    resource: Resource
    site: str
    component: str
    what: str
    reason: str


@dataclass(frozen=True)
class Free:
    """What costs nothing."""

    resource: Resource
    reason: str


@dataclass(frozen=True)
class Bill:
    """What one side of a preview costs a month."""

    lines: tuple[Line, ...]
    unpriced: tuple[Unpriced, ...]
    free: tuple[Free, ...]

    def total(self, site: str | None = None) -> Range:
        """All of it, or of one site."""
        return _sum(line for line in self.lines if site in (None, line.site))

    def by(self, key: Callable[[Line], str]) -> Mapping[str, Range]:
        """Sums by site, component or purpose, the dearest first."""
        names = dict.fromkeys(map(key, self.lines))
        sums = {name: _sum(line for line in self.lines if key(line) == name) for name in names}
        return dict(sorted(sums.items(), key=lambda item: (-item[1].expected, item[0])))


def context_of(
    preview: Preview,
    resources: Mapping[str, Resource],
    settings: CostSettings,
    known: Prices | None = None,
    today: date | None = None,
) -> Context:
    """What rules look at, on one side of a preview."""
    return Context(
        preview, resources, settings.usage, settings.price_book, known or prices(), today or date.today()
    )


def bill(
    preview: Preview,
    resources: Mapping[str, Resource],
    settings: CostSettings,
    known: Prices | None = None,
    today: date | None = None,
) -> Bill:
    """The bill of one side of a preview: of ``preview.after``, or of ``preview.before``."""
    context = context_of(preview, resources, settings, known, today)
    found: list[Line | Unpriced | Free] = []
    for resource in resources.values():
        if resource.custom:
            found += _entries(resource, context)
    return Bill(
        tuple(entry for entry in found if isinstance(entry, Line)),
        tuple(entry for entry in found if isinstance(entry, Unpriced)),
        tuple(entry for entry in found if isinstance(entry, Free)),
    )


def hourly(monthly: Range) -> Range:
    """What a month's cost is by the hour, to a hundredth of a cent."""
    return _rounded(monthly * (1 / HOURS), Decimal("0.0001"))


def _entries(resource: Resource, context: Context) -> Iterator[Line | Unpriced | Free]:
    site, component = _site(resource, context), _component(resource, context.preview)
    rule, why = RULES.get(resource.type), why_free(resource.type)
    if rule is None:
        yield (
            Free(resource, why)
            if why
            else Unpriced(resource, site, component, "", "no rule knows what its type costs")
        )
        return
    try:
        charges = list(rule.charges(resource, context))
    except Unreadable as error:
        yield Unpriced(resource, site, component, "", str(error))
        return
    if not charges:
        yield Free(resource, why or "nothing of it is charged")
    for charge in charges:
        purpose = charge.purpose or rule.purpose
        if isinstance(charge.price, NoPrice):
            yield Unpriced(resource, site, component, charge.what, charge.price.reason)
        else:
            yield Line(resource, site, component, purpose, charge.what, charge.price, charge.units)


def _site(resource: Resource, context: Context) -> str:
    if resource.package == "kubernetes":
        return kubernetes.site_of(resource, context) or "kubernetes"
    return resource.package


def _component(resource: Resource, preview: Preview) -> str:
    """The two outermost components around a resource, such as ``aws/aws-cluster``."""
    names = [above.name for above in preview.ancestors(resource)]
    return "/".join(names[:-3:-1]) or ALONE


def _sum(lines: Iterable[Line]) -> Range:
    return reduce(add, (line.monthly for line in lines), NOTHING)


def _rounded(amount: Range, unit: Decimal) -> Range:
    low, expected, high = (
        value.quantize(unit, ROUND_HALF_UP) for value in (amount.low, amount.expected, amount.high)
    )
    return Range(low, expected, high)
