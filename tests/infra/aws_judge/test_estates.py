"""Every AWS resource of every estate is held against CloudFormation's schemas; all of it is mapped."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cfnlint.schema import ResourceNotFoundError

from rehearsal.plugins.aws.types import ROWS
from tests.infra.aws_judge.counterparts import Counterpart, Unmapped
from tests.infra.aws_judge.judge import faults
from tests.infra.aws_judge.recording import ACCOUNTS, ESTATES, aws_estate
from tests.infra.aws_judge.replacements import DIFFERENT
from tests.infra.aws_judge.schemas import property_of, schema_of
from tests.infra.aws_judge.table import COUNTERPARTS, NO_COUNTERPART
from tests.infra.aws_judge.template import template_of
from tests.infra.recorded import Recorded

REGION = "eu-west-1"


@pytest.fixture(scope="module")
def used() -> dict[str, set[str]]:
    """Type: the properties that an estate gives it."""
    found: dict[str, set[str]] = {}
    for title in (*ESTATES, *ACCOUNTS):
        for each in aws_estate(title).resources:
            found.setdefault(each.type, set()).update(each.inputs)
    return found


@pytest.mark.parametrize("title", [*ESTATES, *ACCOUNTS])
def test_the_judge_finds_no_fault(title: str) -> None:
    estate = aws_estate(title)
    assert len(estate.resources) > (30 if title in ACCOUNTS else 100)
    assert list(faults(estate.resources, estate.region)) == []


def test_every_type_that_is_used_is_in_the_table_and_no_other(used: dict[str, set[str]]) -> None:
    assert used.keys() == COUNTERPARTS.keys() | NO_COUNTERPART.keys()
    assert not COUNTERPARTS.keys() & NO_COUNTERPART.keys()
    assert used.keys() == ROWS.keys()


@pytest.mark.parametrize("type", COUNTERPARTS)
def test_a_row_says_no_more_than_it_must(type: str, used: dict[str, set[str]]) -> None:
    row = COUNTERPARTS[type]
    schema = schema_of(row.type, REGION)
    # What the engine's own name stands in for is judged, too.
    assert row.paths.keys() | row.without.keys() | row.values.keys() <= used[type]
    for name, path in row.paths.items():
        assert path != property_of(name, schema), f"{name} goes to {path} by itself"
    for name in row.without:
        assert property_of(name, schema) is None, f"{row.type} has {name}"


@pytest.mark.parametrize("type", NO_COUNTERPART)
def test_what_has_no_counterpart_has_none(type: str) -> None:
    module, name = type.removeprefix("aws:").split("/")[0], type.rpartition(":")[2]
    with pytest.raises(ResourceNotFoundError):
        schema_of(f"AWS::{module.upper()}::{name}", REGION)


def test_a_type_and_a_property_that_nobody_mapped_are_refused() -> None:
    with pytest.raises(Unmapped, match="AWS::S3::Bucket has no property like colour"):
        template_of([Recorded("aws:s3/bucket:Bucket", "x", {"colour": "red"}, "", custom=True)], REGION)
    with pytest.raises(Unmapped, match="aws:sns/topic:Topic is neither in COUNTERPARTS"):
        template_of([Recorded("aws:sns/topic:Topic", "x", {}, "", custom=True)], REGION)


def test_the_order_of_properties_changes_nothing() -> None:
    estate = aws_estate("prod")
    turned = [
        Recorded(each.type, each.name, dict(reversed(each.inputs.items())), each.provider, each.custom)
        for each in estate.resources
    ]
    made = template_of(estate.resources, estate.region)
    assert template_of(turned, estate.region).as_json() == made.as_json()


def compared(used: dict[str, set[str]]) -> Iterator[tuple[str, str, bool, bool]]:
    """Type, property, whether its change replaces here, and in CloudFormation."""
    for type, row in COUNTERPARTS.items():
        fixed = _created_only(row)
        for name in sorted(used[type] - row.without.keys() - {"tags"}):
            place = row.place(name, REGION)
            theirs = any(place[: len(path)] == path for path in fixed)
            yield type, name, bool(ROWS[type].replaces(frozenset({name}))), theirs


def _created_only(row: Counterpart) -> list[tuple[str, ...]]:
    schema = schema_of(row.type, REGION)
    return [
        tuple(path.removeprefix("/properties/").split("/"))
        for key in ("createOnlyProperties", "conditionalCreateOnlyProperties")
        for path in schema.get(key, ())
    ]


def test_a_change_replaces_where_cloudformation_says_so_or_a_row_says_why_not(
    used: dict[str, set[str]],
) -> None:
    found = list(compared(used))
    assert len(found) > 150
    different = {(type, name) for type, name, ours, theirs in found if ours != theirs}
    assert different == {(type, name) for type, names in DIFFERENT.items() for name in names}
