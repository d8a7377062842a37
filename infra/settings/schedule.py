"""Schedules in a stack file: five fields in UTC, as the cluster's CronJobs take them.

Kubernetes reads them with robfig/cron v3 (``cron.ParseStandard``; its parser.go), which refuses 7 as a day of
the week and knows no month that ends late: a day that never comes is taken there, and never comes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from isthmus.settings.annotations import Allowed, refuse

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
"""Days of each month; 29 February comes too."""
LONGEST = 100
"""Characters of a schedule that anybody can read."""
DIGITS = 9
"""Of a number, which robfig/cron reads as one of 64 bits."""
_HOW = (
    "allowed are minute, hour, day of the month, month and day of the week in UTC, one space between, "
    "such as 0 3 * * 0"
)


@dataclass(frozen=True)
class _Field:
    name: str
    low: int
    high: int
    hint: str = ""

    def numbers(self, text: str) -> frozenset[int]:
        found: set[int] = set()
        for part in text.split(","):
            found.update(self._range(part))
        return frozenset(found)

    def _range(self, text: str) -> range:
        span, slash, step = text.partition("/")
        first, hyphen, last = span.partition("-")
        if span == "*":
            begin, end = self.low, self.high
        else:
            begin = self._number(first)
            end = self._number(last) if hyphen else self.high if slash else begin
        every = self._number(step) if slash else 1
        for number in (begin, end):
            if not self.low <= number <= self.high:
                raise refuse(
                    f"{self.name} {number} is not within {self.low} to {self.high}{self.hint}; {_HOW}"
                )
        if begin > end:
            raise refuse(f"{self.name} {span} runs backwards; {_HOW}")
        if every < 1:
            raise refuse(f"{self.name} {text} has a step of 0; {_HOW}")
        return range(begin, end + 1, every)

    def _number(self, text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= DIGITS):
            raise refuse(f"{self.name} holds {text or 'nothing'} where a number belongs; {_HOW}")
        return int(text)


_MINUTE = _Field("minute", 0, 59)
_HOUR = _Field("hour", 0, 23)
_DAY = _Field("day of the month", 1, 31)
_MONTH = _Field("month", 1, 12)
_WEEKDAY = _Field("day of the week", 0, 6, " (Sunday is 0)")


def _is_any(text: str) -> bool:
    """Whether a field leaves its day to the other kind (robfig/cron v3.0.1, parser.go, ``starBit``)."""
    spans = (part.partition("/") for part in text.split(","))
    return any(span == "*" and (not slash or int(step) == 1) for span, slash, step in spans)


def read_schedule(value: Any) -> str:
    """Read a schedule such as ``*/30 4 * * 1-5``.

    Raises:
        PydanticCustomError: a field that Kubernetes refuses, or a day that never comes.
    """
    fields = value.split(" ") if isinstance(value, str) else []
    if len(fields) != 5 or not all(fields) or len(value) > LONGEST:
        raise refuse(_HOW)
    minute, hour, day, month, weekday = fields
    _MINUTE.numbers(minute)
    _HOUR.numbers(hour)
    days, months = _DAY.numbers(day), _MONTH.numbers(month)
    _WEEKDAY.numbers(weekday)
    # Where both kinds of day are named, one of them is enough; "*/2" names some, and "*" none.
    if _is_any(weekday) and not any(min(days) <= DAYS[number - 1] for number in months):
        names = ", ".join(MONTHS[number - 1] for number in sorted(months))
        raise refuse(f"{names} has no day {min(days)}, so it never comes; {_HOW}")
    return str(value)


Cron = Annotated[
    str,
    BeforeValidator(read_schedule),
    Field(json_schema_extra={"pattern": "^[0-9*/,-]+( [0-9*/,-]+){4}$"}),
    Allowed("minute, hour, day of the month, month and day of the week in UTC, such as 0 3 * * 0"),
]
