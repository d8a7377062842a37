"""Schedules of CronJobs: five fields in UTC, as Kubernetes reads them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from isthmus.errors import IsthmusError

_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
"""Kubernetes reads schedules by robfig/cron v3, which knows no day 7 of the week."""
_NAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_DAYS = 366 * 8
"""How far the next time is looked for: a 29 February may be eight years away."""


class BadSchedule(IsthmusError, ValueError):
    """A schedule that says no time."""


@dataclass(frozen=True)
class Schedule:
    """Minutes, hours, days of the month, months and days of the week (0 is Sunday) at which it is time."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool
    """Whether one of both kinds of day is enough: where both are named, not "*"."""

    @classmethod
    def parse(cls, text: str) -> Schedule:
        """Read ``*/30 4 * * 1-5`` or ``@weekly``. Raises BadSchedule."""
        fields = _NAMES.get(text, text).split()
        if len(fields) != 5:
            raise BadSchedule(f"{text!r} must have five fields, as '0 3 * * *' has")
        minutes, hours, days, months, weekdays = (
            _field(field, *bounds) for field, bounds in zip(fields, _RANGES, strict=True)
        )
        return cls(minutes, hours, days, months, weekdays, not (_is_any(fields[2]) or _is_any(fields[4])))

    def after(self, seconds: float) -> float:
        """The first time after a POSIX time; infinity where there is none."""
        start = datetime.fromtimestamp(seconds, UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
        day = start.replace(hour=0, minute=0)
        for _ in range(_DAYS):
            if self._is_on(day):
                for hour in sorted(self.hours):
                    for minute in sorted(self.minutes):
                        at = day.replace(hour=hour, minute=minute)
                        if at >= start:
                            return at.timestamp()
            day += timedelta(days=1)
        return float("inf")

    def _is_on(self, day: datetime) -> bool:
        if day.month not in self.months:
            return False
        of_month, of_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return of_month or of_week if self.either_day else of_month and of_week


def _is_any(text: str) -> bool:
    """Whether a field of days leaves the day to the other one: "*/2" does not (parser.go, ``starBit``)."""
    spans = (part.partition("/") for part in text.split(","))
    return any(span == "*" and (not slash or int(step) == 1) for span, slash, step in spans)


def _field(text: str, low: int, high: int) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        try:
            if span == "*":
                begin, end = low, high
            else:
                begin = int(first)
                end = int(last) if last else (high if step else begin)
            every = int(step) if step else 1
        except ValueError:
            raise BadSchedule(f"{part!r} is no number, range or step") from None
        if not (low <= begin <= end <= high and every >= 1):
            raise BadSchedule(f"{part!r} is not within {low} to {high}")
        found |= set(range(begin, end + 1, every))
    return frozenset(found)
