"""Schedules of a stack file against the rules by which Kubernetes reads them, for any text of their signs.

The rules are robfig/cron's (v3.0.1, parser.go, ``ParseStandard``; read 2026-11-27), which the API server asks
(k8s.io/kubernetes v1.36.3, pkg/apis/batch/validation): ``reads`` is a second telling of them, laid out as
the grammar that they are, and was held once against that library over 200,000 texts.
"""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from infra.settings.schedule import read_schedule
from tests.infra.settings.cron import BadSchedule, Schedule

LIMITS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
RANGE = re.compile(r"(?:(?P<any>\*)(?:-[^-/,]*)*|(?P<low>\d+)(?:-(?P<high>\d+))?)(?:/(?P<step>\d+))?")
LARGEST = 2**63 - 1


def reads(text: str) -> bool:
    """Whether the API server takes a schedule of digits and signs."""
    fields = text.split()
    return len(fields) == 5 and all(
        _is_range(part, *limits)
        for field, limits in zip(fields, LIMITS, strict=True)
        for part in field.split(",")
        if part
    )


def _is_range(part: str, low: int, high: int) -> bool:
    found = RANGE.fullmatch(part)
    if found is None:
        return False
    numbers = {key: int(value) for key, value in found.groupdict().items() if value and key != "any"}
    if any(number > LARGEST for number in numbers.values()) or numbers.get("step") == 0:
        return False
    if found["any"]:
        return True
    first = numbers["low"]
    last = numbers.get("high", high if "step" in numbers else first)
    return low <= first <= last <= high


def accepted(text: str) -> bool:
    """Whether a stack file may say it."""
    try:
        return read_schedule(text) == text
    except PydanticCustomError:
        return False


NUMBERS = st.integers(0, 8) | st.integers(0, 70) | st.just(10**20)
SPANS = st.just("*") | NUMBERS.map(str) | st.tuples(NUMBERS, NUMBERS).map("{0[0]}-{0[1]}".format)
RANGES = SPANS | st.tuples(SPANS, NUMBERS).map("{0[0]}/{0[1]}".format)
FIELDS = st.just("*") | st.lists(RANGES, min_size=1, max_size=3).map(",".join)
LIKELY = st.lists(FIELDS, min_size=5, max_size=5).map(" ".join)
ANY = st.text("0123456789*/,- ", max_size=24)


@settings(max_examples=500)
@given(LIKELY | ANY)
@example("0 3 * * 7")
@example("0 3 * * 0-7")
@example("0 3 * * 1/99999999999999999999")
@example("60 3 * * 0")
@example("0 3 0 * 0")
@example("0 3 * * 6-2")
def test_what_a_stack_file_may_say_the_api_server_takes(text: str) -> None:
    if accepted(text):
        assert reads(text)
        assert Schedule.parse(text).after(0) < float("inf"), "it never comes"


@settings(max_examples=500)
@given(LIKELY)
@example("0 3 31 2 */2")
@example("0 3 31 2 */1")
@example("*/60 * * * *")
def test_what_is_refused_of_a_schedule_is_refused_by_the_cluster_too_or_never_comes(text: str) -> None:
    # Nobody writes a step of ten digits, and a hundred characters nobody reads.
    if not accepted(text) and reads(text) and len(text) <= 100 and not re.search(r"/\d{10}", text):
        assert Schedule.parse(text).after(0) == float("inf")


@given(LIKELY)
def test_the_rehearsed_cluster_reads_what_the_real_one_does(text: str) -> None:
    try:
        Schedule.parse(text)
    except BadSchedule:
        taken = False
    else:
        taken = True
    assert taken == reads(text) or re.search(r"/\d{10}", text)


@pytest.mark.parametrize("text", ["0 3 * * 7", "0 3 * * 5-7", "0 3 * * 7,0"])
def test_sunday_is_0(text: str) -> None:
    with pytest.raises(PydanticCustomError, match=r"day of the week 7 is not within 0 to 6 \(Sunday is 0\)"):
        read_schedule(text)
