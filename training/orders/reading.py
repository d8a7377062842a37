"""Days of a log, cleaned and judged: the way in for everyone who reads raw orders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from training.orders.cleaning import CleanDay, clean
from training.orders.judging import UNTOUCHED, Judge
from training.orders.source import OrderSource, read_rows


def clean_day(source: OrderSource, day: date) -> CleanDay:
    """A day, cleaned by the settings of its source; not judged.

    Raises:
        TrainingError: when its file cannot be read.
    """
    return clean(day, read_rows(source, day), source.settings)


def clean_days(source: OrderSource, days: Iterable[date], spared: str = UNTOUCHED) -> Iterator[CleanDay]:
    """Cleaned days, one at a time: memory holds one. What was taken before the end is not judged as a whole.

    Raises:
        OrdersRefused: more of a day, or at the end of all of them, is left out than the limits allow.
        TrainingError: when a file cannot be read.
    """
    judge = Judge(source.settings, spared)
    for day in days:
        yield judge.day(clean_day(source, day))
    judge.all()
