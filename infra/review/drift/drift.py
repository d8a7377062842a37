"""What a refresh found: each resource that stands otherwise than the state says, and what that means.

It is read from ``pulumi refresh --preview-only --json``, whose steps tell what the state has and what the
cloud answered: ``refresh`` where nothing moved, ``update`` and ``delete`` where something did (seen with the
engine v3.259.0). No program is run for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Final, Literal

import yaml

from infra.review.change.change import Change
from infra.review.change.impact import Impact, impact, rows
from infra.review.change.values import of_resource
from infra.review.cost.bill import bill
from infra.review.cost.charge import NOTHING, Range
from infra.review.errors import CannotJudge
from infra.review.finding import Finding
from infra.review.preview import Preview
from infra.review.resource import Resource
from infra.settings.cost import CostSettings

Sort = Literal["data", "security", "cost", "harmless"]
SORTS: Final[tuple[Sort, ...]] = ("data", "security", "cost", "harmless")
"""The gravest first."""
_TOLD_ONLY: Final = ("tags", "tagsAll", "description", "metadata.labels", "metadata.annotations")
"""Inputs that say something to people, and change nothing that runs."""


@dataclass(frozen=True)
class Mover:
    """Who changed something, by the cloud's own record."""

    who: str
    what: str
    when: str


@dataclass(frozen=True)
class Moved:
    """One resource that stands otherwise."""

    change: Change
    sort: Sort
    impact: Impact
    cost: Range
    """What it adds to a month."""
    breaks: tuple[Finding, ...] = ()
    """Rules of the policy that it breaks since."""
    mover: Mover | None = None


@dataclass(frozen=True)
class Drift:
    """What moved in a stack."""

    stack: str
    moved: tuple[Moved, ...]
    looked_at: int
    """Resources that the clouds were asked for."""

    def of(self, sort: Sort) -> tuple[Moved, ...]:
        """What moved, of one sort."""
        return tuple(each for each in self.moved if each.sort == sort)

    @property
    def matters(self) -> bool:
        """Whether anything moved that is more than a name or a tag."""
        return any(each.sort != "harmless" for each in self.moved)


def drift(
    refresh: Preview,
    cost: CostSettings,
    breaks: Iterable[Finding] = (),
    movers: Mapping[str, Mover] = {},
) -> Drift:
    """Sort what a refresh found.

    Args:
        refresh: its preview, which says what was there and what is.
        cost: of the stack file, by which both are reckoned.
        breaks: what the policy holds against what is there, and did not before.
        movers: who moved something, by URN.

    Raises:
        CannotJudge: it is no refresh, but the preview of an up.
    """
    if not refresh.refreshed:
        raise CannotJudge(
            "this is the preview of an up and no refresh: give the output of "
            "`pulumi refresh --preview-only --json`"
        )
    before = Preview(refresh.stack, {}, refresh.before, refresh.config)
    after = Preview(refresh.stack, {}, refresh.after, refresh.config)
    costs = _costs(before, cost), _costs(after, cost)
    found = tuple(breaks)
    moved = [
        Moved(
            change,
            _sort(change, costs, mine),
            impact(change, (after if change.after else before).after),
            _moved(change, costs),
            mine,
            movers.get(change.urn),
        )
        for change in _changes(before.after, after.after)
        for mine in [tuple(each for each in found if each.urn == change.urn)]
    ]
    moved.sort(key=lambda each: (SORTS.index(each.sort), each.change.urn))
    return Drift(refresh.stack, tuple(moved), sum(each.custom for each in refresh.before.values()))


def _changes(before: Mapping[str, Resource], after: Mapping[str, Resource]) -> Iterator[Change]:
    """Every resource whose inputs, as the cloud has them, are not those of the state, or that is gone."""
    for urn, old in before.items():
        if not old.custom:
            continue
        if (new := after.get(urn)) is None:
            yield Change("delete", old, None)
            continue
        found = of_resource(old, new, {})
        if kept := tuple(each for each in found if not _below(each.path, old.ignored)):
            yield Change("change", old, new, kept)


Costs = tuple[Mapping[str, Range], Mapping[str, Range]]


def _costs(side: Preview, settings: CostSettings) -> Mapping[str, Range]:
    found: dict[str, Range] = {}
    for line in bill(side, side.after, settings).lines:
        found[line.resource.urn] = found.get(line.resource.urn, NOTHING) + line.monthly
    return found


def _moved(change: Change, costs: Costs) -> Range:
    was = costs[0].get(change.urn, NOTHING) if change.before else NOTHING
    now = costs[1].get(change.urn, NOTHING) if change.after else NOTHING
    return now + was * -1


def _sort(change: Change, costs: Costs, breaks: tuple[Finding, ...]) -> Sort:
    kind = change.resource.type
    told_only = change.kind == "change" and all(_below(each.path, _TOLD_ONLY) for each in change.properties)
    if change.kind == "delete" and any(
        row.holds for row in rows() if any(fnmatchcase(kind, each) for each in row.types)
    ):
        return "data"
    found = (
        None
        if told_only
        else next(
            (sort for sort, types in _table().items() if any(fnmatchcase(kind, each) for each in types)), None
        )
    )
    if found is None and any(each.severity in ("critical", "high") for each in breaks):
        return "security"
    by = _moved(change, costs)
    return found or ("cost" if any((by.low, by.expected, by.high)) else "harmless")


def _below(path: str, keys: tuple[str, ...]) -> bool:
    return any(path == each or path.startswith((f"{each}.", f"{each}[")) for each in keys)


@cache
def _table() -> Mapping[Sort, tuple[str, ...]]:
    read = yaml.safe_load((Path(__file__).parent / "sorts.yaml").read_text())
    return {sort: tuple(read[sort]) for sort in ("security", "data")}
