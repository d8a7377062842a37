"""CloudFormation's resource schemas, as the package cfn-lint ships them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

Schema = Mapping[str, Any]


@cache
def schema_of(type: str, region: str) -> Schema:
    """The schema of a type in a region; a type that the region has not is an error of cfn-lint's."""
    found: Schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(region, type).schema
    return found


def resolve(schema: Schema, whole: Schema) -> Schema:
    """A part of a schema, its reference followed."""
    while "$ref" in schema:
        place: Any = whole
        for part in schema["$ref"].removeprefix("#/").split("/"):
            place = place[part]
        schema = place
    return schema


def plain_name(name: str) -> str:
    """A name without letter case and plural: where two vocabularies differ in no more, they mean the same."""
    return name.lower().removesuffix("s")


def property_of(name: str, schema: Schema) -> str | None:
    """What a schema calls a property, where its own name differs in letter case or plural at most."""
    return next((each for each in schema.get("properties", {}) if plain_name(each) == plain_name(name)), None)


def fit(value: Any, schema: Schema, whole: Schema) -> Any:
    """A value with the schema's names, and tags as a list. What the schema does not know stays as it is."""
    schema = resolve(schema, whole)
    if isinstance(value, list):
        items = schema.get("items", {})
        return [fit(inner, items, whole) for inner in value]
    if not isinstance(value, dict):
        return value
    items = resolve(schema.get("items", {}), whole)
    if {"Key", "Value"} <= items.get("properties", {}).keys():
        return [{"Key": key, "Value": inner} for key, inner in value.items()]
    found = {}
    for key, inner in value.items():
        name = property_of(key, schema)
        found[name or key] = fit(inner, schema["properties"][name], whole) if name else inner
    return found
