"""Wrong AWS resources are refused by name, and are taken without the mistake."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.infra.aws_judge.judge import faults
from tests.infra.aws_judge.recording import AwsEstate, aws_estate
from tests.infra.aws_judge.table import COUNTERPARTS
from tests.infra.aws_judge.wrong_resources import GONE, WRONG, Wrong
from tests.infra.recorded import Recorded

TITLES = [wrong.title for wrong in WRONG]


@pytest.fixture(scope="module")
def prod() -> AwsEstate:
    return aws_estate("prod")


def changed(right: Recorded, wrong: Wrong) -> Recorded:
    inputs = copy.deepcopy(right.inputs)
    for path, value in wrong.changes.items():
        _change(inputs, [int(part) if part.isdigit() else part for part in path.split("/")], value)
    return Recorded(right.type, right.name, inputs, right.provider, right.custom)


def _change(place: Any, path: list[str | int], value: Any) -> None:
    key, *rest = path
    if not rest:
        if value is GONE:
            del place[key]
        else:
            place[key] = value
    elif isinstance(place[key], str):
        inside = json.loads(place[key])
        _change(inside, rest, value)
        place[key] = json.dumps(inside)
    else:
        _change(place[key], rest, value)


def akin(estate: AwsEstate, right: Recorded) -> Iterator[Recorded]:
    """All that CloudFormation has as the same type: names and networks are judged beside each other."""
    type = COUNTERPARTS[right.type].type
    for each in estate.resources:
        if (row := COUNTERPARTS.get(each.type)) and row.type == type:
            yield each


@pytest.mark.parametrize("wrong", WRONG, ids=TITLES)
def test_the_judge_refuses_it_by_name(prod: AwsEstate, wrong: Wrong) -> None:
    right = prod.of(wrong.type, wrong.name)
    made = [changed(each, wrong) if each is right else each for each in akin(prod, right)]
    said = [fault for fault in faults(made, prod.region) if wrong.says in fault]
    assert said
    assert any(right.name in fault or "overlaps" in fault for fault in said), said


def test_there_are_as_many_kinds_of_mistakes_as_were_asked_for() -> None:
    assert len(set(TITLES)) == len(WRONG) >= 20
