"""How one Pulumi type is written in CloudFormation: a row of the table, and the translation by it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.infra.aws_judge.schemas import Schema, fit, property_of, resolve, schema_of
from tests.infra.recorded import Recorded


class Unmapped(Exception):
    """A type or a property that the table does not know."""


@dataclass(frozen=True)
class Counterpart:
    """What a Pulumi type is in CloudFormation.

    A property goes to that of the same name, letter case and plural aside; ``paths`` names another place, in
    which a number is a place in a list. ``part``: CloudFormation has no such resource, it is a part of one
    that other resources make, too.
    """

    type: str
    paths: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    """What becomes of a property's value, where it is written in another way."""
    given: Mapping[str, Any] = field(default_factory=dict)
    """What the Pulumi type says by being what it is."""
    without: Mapping[str, str] = field(default_factory=dict)
    """Properties that CloudFormation has not, and why."""
    part: bool = False
    only_in: str = ""
    """The region whose CloudFormation knows it, where not all do: the service is one for all regions."""

    def place(self, name: str, region: str) -> tuple[str, ...]:
        """Where a property goes; () where the table says that CloudFormation has none. Raises Unmapped."""
        if name in self.without:
            return ()
        if name in self.paths:
            return tuple(self.paths[name].split("."))
        found = property_of(name, schema_of(self.type, region))
        if found is None:
            raise Unmapped(
                f"{self.type} has no property like {name}, and the table says neither where it is nor why"
            )
        return (found,)


def translate(resource: Recorded, row: Counterpart, region: str) -> dict[str, Any]:
    """The properties of a resource in CloudFormation's words. Raises Unmapped."""
    whole = schema_of(row.type, region)
    properties: dict[str, Any] = {}
    for name, value in {**row.given, **resource.inputs}.items():
        place = (name,) if name in row.given else row.place(name, region)
        if place:
            made = row.values[name](value) if name in row.values else value
            _put(properties, place, fit(made, _at(whole, place), whole))
    return properties


def _at(whole: Schema, place: tuple[str, ...]) -> Schema:
    """The schema of a place; {} where there is none, which the judge then says of the template."""
    schema: Schema = whole
    for part in place:
        schema = resolve(
            schema.get("items", {}) if part.isdigit() else schema.get("properties", {}).get(part, {}), whole
        )
    return schema


def _put(properties: Any, place: tuple[str, ...], value: Any) -> None:
    *above, last = place
    for part, after in zip(above, place[1:], strict=True):
        empty: type = list if after.isdigit() else dict
        if part.isdigit():
            properties.extend(empty() for _ in range(len(properties), int(part) + 1))
            properties = properties[int(part)]
        else:
            properties = properties.setdefault(part, empty())
    if last.isdigit():
        properties.insert(int(last), value)
    else:
        properties[last] = value
