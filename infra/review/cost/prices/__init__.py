"""AWS's list prices: dated rows with their sources, checked when they are read."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from infra.review.cost.price import NoPrice, Price
from infra.settings.catalogue import instance_types, zones
from isthmus.errors import WrongData

FOLDER = Path(__file__).parent
ANYWHERE = "any"
"""Stands for the region where a source names none."""
HOUR = "instance-hour"
REFRESHED = "refreshed.yaml"
"""Sources of what `isthmus prices refresh` wrote, where it ever did."""


class PricesWrong(WrongData):
    """A file of prices cannot be used; the message is one sentence for each thing that is wrong."""


@dataclass(frozen=True)
class Prices:
    """What was read: of instance types by (type, region), of everything else by (item, region)."""

    on_demand: Mapping[tuple[str, str], Price]
    spot: Mapping[tuple[str, str], Price]
    services: Mapping[tuple[str, str], Price]

    def instance(self, name: str, region: str | None, *, spot: bool = False) -> Price | NoPrice:
        """The hour of an instance type."""
        kind = "spot" if spot else "on-demand"
        if region is None:
            return NoPrice("the preview does not say in which region it is")
        found = (self.spot if spot else self.on_demand).get((name, region))
        return found or NoPrice(f"no {kind} price of {name} in {region} was read")

    def service(self, item: str, region: str | None) -> Price | NoPrice:
        """The unit of anything else, such as ``nat_hour``."""
        found = self.services.get((item, region or ANYWHERE)) or self.services.get((item, ANYWHERE))
        if found is None and region is None:
            return NoPrice("the preview does not say in which region it is")
        return found or NoPrice(f"no price of {item.replace('_', ' ')} in {region} was read")


@cache
def prices() -> Prices:
    """The prices of this folder."""
    return load(FOLDER)


def load(folder: Path) -> Prices:
    """Read and check a folder of prices.

    Raises:
        PricesWrong: a row or the whole is not right; it lists everything that is wrong.
    """
    about = yaml.safe_load((folder / "sources.yaml").read_text())
    later = folder / REFRESHED
    found = _Reading(
        {**about["sources"], **((yaml.safe_load(later.read_text()) or {}) if later.is_file() else {})}
    )
    on_demand = dict(found.rows(folder / "ec2.csv", "type", "usd_per_hour"))
    spot = dict(found.rows(folder / "ec2_spot.csv", "type", "usd_per_hour"))
    services = dict(found.rows(folder / "services.csv", "item", "usd"))
    found.wrong += _gaps(on_demand, about["unread"])
    found.wrong += [
        f"ec2_spot.csv: {name} in {region} costs more by spot than on demand"
        for (name, region), price in spot.items()
        if (name, region) in on_demand and price.usd > on_demand[name, region].usd
    ]
    if found.wrong:
        raise PricesWrong("\n".join(found.wrong))
    return Prices(on_demand, spot, services)


class _Reading:
    """Reads rows, and keeps what is wrong with them."""

    def __init__(self, sources: Mapping[str, Mapping[str, Any]]) -> None:
        self.sources = sources
        self.regions = {*zones(), ANYWHERE}
        self.machines = instance_types()
        self.wrong: list[str] = []

    def rows(self, file: Path, key: str, column: str) -> Iterator[tuple[tuple[str, str], Price]]:
        """Each row of a file that is right, by its key and region."""
        seen: set[tuple[str, str]] = set()
        with file.open(newline="") as lines:
            for number, row in enumerate(csv.DictReader(lines), start=2):
                at = (row[key], row["region"])
                problems = list(self._problems(row, column))
                if at in seen:
                    problems.append(f"{at[0]} in {at[1]} is there twice")
                seen.add(at)
                self.wrong += [f"{file.name}, line {number}: {problem}" for problem in problems]
                if not problems:
                    source = self.sources[row["source"]]
                    yield (
                        at,
                        Price(Decimal(row[column]), row.get("unit") or HOUR, source["text"], source["date"]),
                    )

    def _problems(self, row: Mapping[str, str], column: str) -> Iterator[str]:
        try:
            usd = Decimal(row[column] or "")
        except InvalidOperation:
            usd = Decimal("nan")
        if not (usd.is_finite() and usd > 0):
            yield f"{column} is {row[column]}; a price is a number above 0, and what is unknown has no row"
        source = self.sources.get(row["source"] or "")
        if source is None or not source.get("text") or not isinstance(source.get("date"), date):
            yield f"source is {row['source']}, which sources.yaml does not list with a text and a date"
        if row["region"] not in self.regions:
            yield f"region is {row['region']}, which infra/settings/catalogue/regions.yaml does not list"
        machine = self.machines.get(row.get("type") or "")
        if machine is not None and row["gpus"] != str(machine.gpus):
            yield f"{machine.name} has {row['gpus']} GPUs here and {machine.gpus} in the catalogue"


def _gaps(on_demand: Iterable[tuple[str, str]], unread: Mapping[str, list[str]]) -> Iterator[str]:
    """Every region and instance type of the catalogue has a price somewhere, or is said to be unread."""
    places = list(on_demand)
    for what, known, there in (
        ("regions", list(zones()), {region for _, region in places}),
        ("types", list(instance_types()), {name for name, _ in places}),
    ):
        for name in known:
            if name not in there and name not in unread[what]:
                yield f"ec2.csv: {name} of the catalogue has no row; read it, or add it to unread.{what}"
        for name in unread[what]:
            if name in there:
                yield f"sources.yaml: unread.{what} lists {name}, which ec2.csv has a row of; take it out"
