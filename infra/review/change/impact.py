"""The blast radius of a change: whether data is lost, what is down, and at which site."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field

from infra.review.change.change import Change
from infra.review.resource import Resource

FILE = Path(__file__).parent / "impact.yaml"
_STANDS = ("aws", "openstack")


class Row(BaseModel):
    """What goes with resources of some types; ``impact.yaml`` tells of each field."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    types: tuple[str, ...] = Field(min_length=1)
    noun: str = Field(min_length=1)
    reason: str = Field(min_length=1)
    holds: str = ""
    kept_unless: str = ""
    down: str = ""
    altered: str = ""


@dataclass(frozen=True)
class Impact:
    """What one change means for whoever uses the estate."""

    site: str
    noun: str = ""
    """What it is, in a word; "" for a type that no row tells of."""
    lost: str = ""
    """Data that is deleted; "" for none."""
    refused: str = ""
    """Why the cloud refuses the deletion as long as it is not empty; "" where it does not."""
    down: str = ""
    """What does not work meanwhile; "" for nothing that is known."""
    reason: str = ""

    @property
    def harmless(self) -> bool:
        """Whether nothing is lost and nothing is down."""
        return not (self.lost or self.refused or self.down)


@cache
def rows() -> tuple[Row, ...]:
    """The table."""
    return tuple(Row.model_validate(row) for row in yaml.safe_load(FILE.read_text()))


def impact(change: Change, resources: Mapping[str, Resource]) -> Impact:
    """What a change means; ``resources`` are those of its side, by URN."""
    site = site_of(change.resource, resources)
    row = next((row for row in rows() for kind in row.types if fnmatchcase(change.resource.type, kind)), None)
    if row is None:
        return Impact(site)
    if change.kind == "change":
        return Impact(site, row.noun, down=row.altered, reason=row.reason if row.altered else "")
    if not change.goes or (change.before is not None and change.before.retained):
        return Impact(site, row.noun)
    before = change.before
    emptied = before is None or before.inputs.get(row.kept_unless) is True or not row.kept_unless
    return Impact(
        site,
        row.noun,
        lost=row.holds if emptied else "",
        refused=row.reason if row.holds and not emptied else "",
        down=row.down,
        reason=row.reason,
    )


def site_of(resource: Resource, resources: Mapping[str, Resource]) -> str:
    """The cloud that a resource is in: its package, or that of the cluster which its provider speaks to."""
    if resource.package != "kubernetes" and not resource.type.startswith("pulumi:providers:kubernetes"):
        return resource.type.split(":")[2] if resource.package == "pulumi" else resource.package
    provider = resource if resource.package == "pulumi" else resources.get(resource.provider)
    if provider is None:
        return "kubernetes"
    urns = [*(urn for urns in provider.depends.values() for urn in urns), *provider.waits_for]
    found = [resources[urn] for urn in urns if urn in resources and resources[urn].package in _STANDS]
    found.sort(key=lambda each: not each.type.lower().endswith("cluster"))
    return found[0].package if found else "kubernetes"
