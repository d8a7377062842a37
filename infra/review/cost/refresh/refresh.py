"""Rows of the price files made anew from the lists of some regions: all of them, or none."""

from __future__ import annotations

import csv
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import yaml

from infra.review.cost.prices import ANYWHERE, FOLDER, REFRESHED, load
from infra.review.cost.refresh.find import MACHINES, found, items
from infra.review.cost.refresh.price_list import RefreshRefused, read
from infra.settings.catalogue import instance_types, zones

LISTS: Final = tuple(dict.fromkeys((MACHINES, *(item.list for item in items().values() if item.list))))
JUMP: Final = 2
"""How many times a price may rise or fall before somebody has to say that it is right."""
Open = Callable[[str, str], AbstractContextManager[Iterable[str]]]
"""Opens the list of an offer for a region."""
Rows = dict[tuple[str, str], dict[str, str]]


@dataclass(frozen=True)
class Moved:
    """A price that is another now; None where there was none."""

    what: str
    region: str
    before: Decimal | None
    after: Decimal

    @property
    def jumps(self) -> bool:
        """Whether it more than doubled or halved."""
        return self.before is not None and not self.before / JUMP <= self.after <= self.before * JUMP


@dataclass(frozen=True)
class Refreshed:
    """The files as they would be, and what moved."""

    machines: Rows
    spot: Rows
    services: Rows
    sources: Mapping[str, Mapping[str, Any]]
    moved: tuple[Moved, ...]
    read: int
    """Prices that were found."""
    dropped: tuple[str, ...]
    """Prices by spot that are above the new ones on demand, and so are taken out."""


def refresh(
    open_: Open, where: Callable[[str, str], str], regions: Iterable[str], folder: Path = FOLDER
) -> Refreshed:
    """Read the lists of some regions, and hold them against the rows of today.

    Args:
        open_: opens a list.
        where: the address of a list, for its source.
        regions: of the catalogue.
        folder: of the price files.

    Raises:
        RefreshRefused: a list is not whole, older than what is here, or lacks a price that is here today.
    """
    load(folder)
    machines, spot, services = (
        _rows(folder / name, key)
        for name, key in (("ec2.csv", "type"), ("ec2_spot.csv", "type"), ("services.csv", "item"))
    )
    sources: dict[str, dict[str, Any]] = dict(yaml.safe_load(_text(folder / REFRESHED)) or {})
    days = {**yaml.safe_load((folder / "sources.yaml").read_text())["sources"], **sources}
    moved: list[Moved] = []
    known = instance_types()
    types = frozenset((*known, *(kind for kind, _ in machines)))
    count = 0
    for region in regions:
        if region not in zones():
            raise RefreshRefused(f"{region} is no region of infra/settings/catalogue/regions.yaml")
        for offer in LISTS:
            with open_(offer, region) as lines:
                listed = read(lines, where(offer, region))
                hours, units = found(listed.rows, offer, types)
            count += len(hours) + len(units)
            if listed.offer != offer:
                raise RefreshRefused(
                    f"{where(offer, region)} is the list of {listed.offer[:40]}, not of {offer}"
                )
            name = f"bulk-{offer}-{region}"
            mine = {key for key, item in items().items() if item.list == offer}
            _refuse_partial(offer, region, hours, units, machines, services, mine)
            used = [
                row
                for (key, where_), row in (*machines.items(), *services.items())
                if where_ == region and (key in hours or key in units)
            ]
            _refuse_older(listed.published, used, days, offer, region)
            text = where(offer, region).replace("/current/", f"/{listed.version}/")
            sources[name] = {"date": listed.published, "text": text}
            for kind, usd in hours.items():
                gpus = known[kind].gpus if kind in known else machines.get((kind, region), {}).get("gpus", 0)
                row = {
                    "type": kind,
                    "region": region,
                    "gpus": str(gpus),
                    "usd_per_hour": _plain(usd),
                    "source": name,
                }
                moved += _moved(kind, region, machines, row, "usd_per_hour")
            for item, usd in units.items():
                row = {
                    "item": item,
                    "region": region,
                    "unit": items()[item].unit,
                    "usd": _plain(usd),
                    "source": name,
                }
                moved += _moved(item, region, services, row, "usd")
    over = [
        key
        for key, row in spot.items()
        if key in machines and Decimal(row["usd_per_hour"]) > Decimal(machines[key]["usd_per_hour"])
    ]
    for key in over:
        del spot[key]
    return Refreshed(
        machines, spot, services, sources, tuple(moved), count, tuple(" in ".join(key) for key in over)
    )


def write(refreshed: Refreshed, folder: Path = FOLDER) -> None:
    """Write the files: aside first and checked as a whole, then each in its place.

    Raises:
        PricesWrong: what was read is not right; nothing was written.
    """
    kinds = [*instance_types(), *(kind for kind, _ in refreshed.machines)]
    by_kind = {kind: number for number, kind in reversed(list(enumerate(kinds)))}

    def rank(row: tuple[tuple[str, str], dict[str, str]]) -> tuple[int, str]:
        (kind, region), _ = row
        return by_kind[kind], region

    told = "# Written by `isthmus prices refresh`: where and of which day each list is.\n"
    with tempfile.TemporaryDirectory(prefix=".refresh-", dir=folder.parent) as name:
        aside = Path(name)
        shutil.copy(folder / "sources.yaml", aside)
        (aside / REFRESHED).write_text(told + yaml.safe_dump(dict(refreshed.sources), sort_keys=True))
        _write(aside / "ec2.csv", sorted(refreshed.machines.items(), key=rank))
        _write(aside / "ec2_spot.csv", sorted(refreshed.spot.items(), key=rank))
        _write(aside / "services.csv", list(refreshed.services.items()))
        load(aside)
        # The sources first: they have those of the old rows, too, so that every state between is whole.
        for file in (REFRESHED, "ec2_spot.csv", "ec2.csv", "services.csv"):
            (aside / file).replace(folder / file)


def _refuse_partial(
    offer: str,
    region: str,
    hours: Mapping[str, Decimal],
    units: Mapping[str, Decimal],
    machines: Rows,
    services: Rows,
    mine: set[str],
) -> None:
    here = {item for item, where in services if where in (region, ANYWHERE)}
    missing = sorted((mine & here) - set(units))
    if offer == MACHINES:
        missing += sorted(kind for kind, where in machines if where == region and kind not in hours)
    if missing:
        raise RefreshRefused(
            f"the list of {offer} for {region} lacks what has a price today ({', '.join(missing[:6])}"
            f"{' and more' if len(missing) > 6 else ''}): nothing is written, since half a list is none"
        )


def _refuse_older(
    published: date,
    used: Iterable[Mapping[str, str]],
    days: Mapping[str, Mapping[str, Any]],
    offer: str,
    region: str,
) -> None:
    sources = [days[row["source"]] for row in used]
    newest = max((each["date"] for each in sources if f"/aws/{offer}/" in each["text"]), default=published)
    if published < newest:
        raise RefreshRefused(
            f"the list of {offer} for {region} is of {published}, and what is here of {newest}: ask for "
            "the newest"
        )


def _moved(what: str, region: str, rows: Rows, row: dict[str, str], column: str) -> list[Moved]:
    before = rows.get((what, region)) or rows.get((what, ANYWHERE))
    after = Decimal(row[column])
    rows[what, region] = row
    if before is None:
        return [Moved(what, region, None, after)]
    was = Decimal(before[column])
    return [Moved(what, region, was, after)] if was != after else []


def _rows(file: Path, key: str) -> Rows:
    with file.open(newline="") as lines:
        return {(row[key], row["region"]): dict(row) for row in csv.DictReader(lines)}


def _write(file: Path, rows: list[tuple[tuple[str, str], dict[str, str]]]) -> None:
    with file.open("w", newline="") as sink:
        writer = csv.DictWriter(sink, list(rows[0][1]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(row for _, row in rows)


def _plain(usd: Decimal) -> str:
    return f"{usd.normalize():f}"


def _text(file: Path) -> str:
    return file.read_text() if file.is_file() else ""
