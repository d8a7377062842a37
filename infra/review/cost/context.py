"""What a rule may look at beside its resource: the rest of the preview, the usage and the prices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from infra.review.cost.charge import HOURS, Range
from infra.review.cost.prices import Prices
from infra.review.preview import Preview
from infra.review.resource import Resource
from infra.settings.cost import PriceBook, Usage

REGION_KEY = "aws:region"


@dataclass(frozen=True)
class Context:
    """One side of a preview, before or after the change."""

    preview: Preview
    resources: Mapping[str, Resource]
    usage: Usage
    book: PriceBook
    prices: Prices
    today: date
    """The day of the bill: what has an end costs another price after it."""

    def region(self, resource: Resource) -> str | None:
        """The AWS region of a resource: its own, its provider's, or the stack's."""
        provider = self.resources.get(resource.provider)
        for inputs in (resource.inputs, provider.inputs if provider else {}, self.preview.config):
            region = inputs.get("region") or inputs.get(REGION_KEY)
            if isinstance(region, str) and region:
                return region
        return None

    def behind(self, resource: Resource, key: str, kind: str) -> Resource | None:
        """The resource of a type that an input takes its value from."""
        for urn in resource.depends.get(key, ()):
            found = self.resources.get(urn)
            if found is not None and found.type == kind:
                return found
        return None

    def of_type(self, kind: str) -> Iterator[Resource]:
        """Every resource of a type."""
        return (resource for resource in self.resources.values() if resource.type == kind)

    def nodes(self, least: int, most: int, *, training: bool) -> Range:
        """How many nodes a group has over a month, from always the fewest to always the most."""
        usage = self.usage
        busy = exact(usage.training_hours) / HOURS if training else exact(usage.busy_share)
        return Range(Decimal(least), least + (most - least) * busy, Decimal(most))


def exact(value: float) -> Decimal:
    """A number of the settings, exactly as it is written."""
    return Decimal(str(value))
