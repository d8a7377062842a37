"""Bills for tests: of a preview in a file, or of a few resources."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.review.cost.bill import Bill, bill
from infra.review.preview import Preview, read_file
from infra.review.resource import Resource
from infra.settings.cost import CostSettings, PriceBook, Usage

STRANGERS = Path(__file__).parent / "strangers"
BOOK = PriceBook(
    flavour_hour={"m1.large": 0.12, "g1.l4": 0.48},
    gpu_hour={"L4": 0.6},
    volume_gb_month=0.06,
    object_gb_month=0.02,
    floating_ip_hour=0.005,
    load_balancer_hour=0.02,
)


def resource(kind: str, inputs: Mapping[str, Any], name: str = "one", **rest: Any) -> Resource:
    """A resource that would be made."""
    return Resource(f"urn:pulumi:s::p::{kind}::{name}", kind, "create", inputs=inputs, **rest)


def bill_of(
    *resources: Resource, usage: Usage | None = None, book: PriceBook = BOOK, region: str = "eu-west-1"
) -> Bill:
    """The bill of resources that would be made in a region."""
    after = {each.urn: each for each in resources}
    preview = Preview("s", {}, after, {"aws:region": region})
    return bill(preview, after, CostSettings(usage=usage or Usage(), price_book=book))


def bill_of_stranger(name: str, book: PriceBook = BOOK) -> Bill:
    """The bill of a stranger's preview, after its change."""
    preview = read_file(STRANGERS / f"{name}.json")
    return bill(preview, preview.after, CostSettings(price_book=book))
