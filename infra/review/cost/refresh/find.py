"""The prices that are wanted, found in the rows of a list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Final

import yaml
from pydantic import BaseModel, ConfigDict, Field

from infra.review.cost.refresh.price_list import RefreshRefused, Row

MACHINES: Final = "AmazonEC2"
_SHARED_LINUX: Final = {
    "Tenancy": "Shared",
    "Operating System": "Linux",
    "CapacityStatus": "Used",
    "Pre Installed S/W": "NA",
    "Unit": "Hrs",
}
"""What an instance of ours is among the fifty rows that its type has, as dstackai/gpuhunt asks for it, too
(src/gpuhunt/providers/aws.py, read on 2026-11-28)."""


class Item(BaseModel):
    """Where an item of services.csv stands; ``items.yaml`` tells of each field."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    list: str
    usage: str = Field(min_length=3)
    operation: str = ""
    unit: str


@cache
def items() -> Mapping[str, Item]:
    """The table."""
    read = yaml.safe_load((Path(__file__).parent / "items.yaml").read_text())
    return {name: Item.model_validate(row) for name, row in read.items()}


def found(
    rows: Iterable[Row], offer: str, types: frozenset[str]
) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    """The hour of each instance type, and the unit of each item, that a list has.

    Of an item with steps the first that costs something counts: what is cheaper by volume or free for a start
    is not reckoned with.

    Raises:
        RefreshRefused: one has two prices, so that it is not known which is meant.
    """
    wanted = {name: item for name, item in items().items() if item.list == offer}
    machines: dict[str, set[Decimal]] = {}
    services: dict[str, dict[Decimal, set[Decimal]]] = {}
    for row in rows:
        if row.usd <= 0:
            continue
        kind = row.told.get("Instance Type", "")
        if offer == MACHINES and kind in types and _is_ours(row):
            machines.setdefault(kind, set()).add(row.usd)
        for name, item in wanted.items():
            if _ends(row.usage, item.usage) and item.operation in ("", row.operation):
                services.setdefault(name, {}).setdefault(row.start, set()).add(row.usd)
    first = {name: steps[min(steps)] for name, steps in services.items()}
    for name, prices in (*machines.items(), *first.items()):
        if len(prices) > 1:
            told = " and ".join(map(str, sorted(prices)))
            raise RefreshRefused(
                f"the list of {offer} has two prices of {name}, {told}: say in items.yaml which"
            )
    return _single(machines), _single(first)


def _single(prices: Mapping[str, set[Decimal]]) -> dict[str, Decimal]:
    return {name: next(iter(one)) for name, one in prices.items()}


def _is_ours(row: Row) -> bool:
    return row.operation == "RunInstances" and all(
        row.told.get(key) == value for key, value in _SHARED_LINUX.items()
    )


def _ends(usage: str, end: str) -> bool:
    return usage == end or usage.endswith(f"-{end}")
