"""An estate's AWS resources as a template of CloudFormation."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.infra.aws_judge.counterparts import Counterpart, Unmapped, translate
from tests.infra.aws_judge.schemas import schema_of
from tests.infra.aws_judge.table import COUNTERPARTS, NO_COUNTERPART
from tests.infra.recorded import Recorded


@dataclass
class Template:
    """Resources by logical name, and the Pulumi resources that each is made of."""

    region: str
    resources: dict[str, dict[str, Any]] = field(default_factory=dict)
    origins: dict[str, list[str]] = field(default_factory=dict)

    def free(self, type: str, name: str) -> str:
        """A logical name that no other resource has; it knows letters and digits only."""
        readable = re.sub(r"[^A-Za-z0-9]", "", f"{type.removeprefix('AWS')}{name.title()}")
        return f"{readable}{len(self.resources)}"

    def as_json(self) -> dict[str, Any]:
        """What CloudFormation takes."""
        return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": self.resources}


def template_of(resources: Iterable[Recorded], region: str) -> Template:
    """The template. Raises Unmapped where the table does not know a type or a property."""
    made = Template(region)
    parts: list[tuple[Recorded, Counterpart, dict[str, Any]]] = []
    wholes: dict[tuple[str, ...], str] = {}
    for each in resources:
        if each.type in NO_COUNTERPART:
            continue
        if each.type not in COUNTERPARTS:
            raise Unmapped(f"{each.type} is neither in COUNTERPARTS nor in NO_COUNTERPART of the table")
        row = COUNTERPARTS[each.type]
        properties = translate(each, row, region)
        if row.part:
            parts.append((each, row, properties))
            continue
        name = made.free(row.type, each.name)
        made.resources[name] = {"Type": row.type, "Properties": properties}
        made.origins[name] = [f"{each.type} {each.name}"]
        wholes[_identity(row.type, properties, region)] = name
    for each, row, properties in parts:
        # A part whose whole is not here is judged as far as it goes.
        name = wholes.setdefault(_identity(row.type, properties, region), made.free(row.type, each.name))
        whole = made.resources.setdefault(name, {"Type": row.type, "Properties": {}})
        _join(whole["Properties"], properties)
        made.origins.setdefault(name, []).append(f"{each.type} {each.name}")
    return made


def _identity(type: str, properties: dict[str, Any], region: str) -> tuple[str, ...]:
    keys = [each.rpartition("/")[2] for each in schema_of(type, region)["primaryIdentifier"]]
    return (type, *(str(properties.get(key)) for key in keys))


def _join(whole: dict[str, Any], part: dict[str, Any]) -> None:
    for key, value in part.items():
        there = whole.get(key)
        if isinstance(there, list):
            there.extend(value)
        elif isinstance(there, dict):
            _join(there, value)
        else:
            whole[key] = value
