"""Numbers and times are read as the shop writes them, or not at all."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.orders.format import OrdersFormat
from training.orders.proposals import SIGNS, date_formats, known_dates, number_signs
from training.orders.values import numbers, times

DAY = date(2011, 6, 5)


@settings(max_examples=150)
@given(st.sampled_from(SIGNS), st.integers(-(10**9), 10**9), st.integers(0, 99))
def test_a_number_written_by_the_signs_is_that_number_and_no_other_signs_make_another_whole_one(
    signs: tuple[str, str | None], whole: int, cents: int
) -> None:
    decimal, thousands = signs
    grouped = f"{whole:,}".replace(",", thousands) if thousands is not None else str(whole)
    text = f"{grouped}{decimal}{cents:02}"
    right = float(f"{whole}.{cents:02}")
    values = numbers(pd.Series([text]), OrdersFormat(decimal=decimal, thousands=thousands))
    assert values.tolist() == [pytest.approx(right, rel=1e-12)]
    # Two decimals are no group of three: under other signs the text is no number, or the same one.
    for other, group in SIGNS:
        read = numbers(pd.Series([text]), OrdersFormat(decimal=other, thousands=group)).iloc[0]
        assert math.isnan(read) or read == pytest.approx(right, rel=1e-12)


@pytest.mark.parametrize("text", ["2.55", "£2.55", "2.55 GBP", "GBP 2.55", "2.55£"])
def test_the_currency_of_the_shop_may_stand_beside_a_price(text: str) -> None:
    assert numbers(pd.Series([text]), OrdersFormat(), money=True).tolist() == [2.55]
    assert numbers(pd.Series([f"{text} EUR"]), OrdersFormat(), money=True).isna().all()


@pytest.mark.parametrize(
    ("text", "signs", "money", "right"),
    [
        ("12,50-", (",", "."), True, -12.5),
        ("1.234,50-", (",", "."), True, -1234.5),
        ("5-", (".", None), False, -5),
        ("12.50- GBP", (".", None), True, -12.5),
        ("-5-", (".", None), False, None),
        ("5--", (".", None), False, None),
        ("-", (".", None), False, None),
    ],
)
def test_a_minus_may_stand_behind(
    text: str, signs: tuple[str, str | None], money: bool, right: float | None
) -> None:
    values = numbers(pd.Series(["1", text]), OrdersFormat(decimal=signs[0], thousands=signs[1]), money)
    assert values.iloc[0] == 1
    assert values.iloc[1] == right or (right is None and math.isnan(values.iloc[1]))
    assert (signs in number_signs(pd.Series([text]), OrdersFormat(), money)) == (right is not None)


@settings(max_examples=150)
@given(st.sampled_from(known_dates()), st.integers(0, 86_399))
def test_a_time_is_read_by_its_format_and_the_format_is_proposed_from_it(form: str, second: int) -> None:
    at = datetime(2011, 9, 23) + timedelta(seconds=second)
    text = at.strftime(form.replace("%z", "+0000"))
    time = times(pd.Series([text]), at.date(), OrdersFormat(dates=(form,))).iloc[0]
    assert time == pd.Timestamp(datetime.strptime(text.replace("+0000", ""), form.replace("%z", "")))
    assert form in date_formats(pd.Series([text]), at.date(), OrdersFormat())


@pytest.mark.parametrize(
    ("text", "dates", "zone", "right"),
    [
        ("2011-06-05T08:26:00Z", "%Y-%m-%dT%H:%M:%S%z", "UTC", "08:26:00"),
        ("2011-06-05T08:26:00Z", "%Y-%m-%dT%H:%M:%S%z", "Europe/London", "09:26:00"),
        ("2011-06-04T23:30:00Z", "%Y-%m-%dT%H:%M:%S%z", "Europe/London", "00:30:00"),
        ("1307262360", "epoch", "UTC", "08:26:00"),
        ("1307262360000", "epoch_ms", "UTC", "08:26:00"),
        ("5.6.2011 8:26", "%d.%m.%Y %H:%M", "UTC", "08:26:00"),
        ("6/5/11 8:26 PM", "%m/%d/%y %I:%M %p", "UTC", "20:26:00"),
    ],
)
def test_times_of_other_shops(text: str, dates: str, zone: str, right: str) -> None:
    values = times(pd.Series([text]), DAY, OrdersFormat(dates=(dates,), time_zone=zone))
    assert values.tolist() == [pd.Timestamp(f"2011-06-05 {right}")]


def test_of_two_formats_the_one_counts_that_puts_a_time_on_the_day() -> None:
    both = OrdersFormat(dates=("%m/%d/%Y", "%d/%m/%Y"))
    assert times(pd.Series(["5/6/2011", "6/5/2011", "7/6/2011"]), DAY, both).notna().tolist() == [
        True,
        True,
        False,
    ]


def test_groups_of_three_are_proposed_as_thousands_for_pieces() -> None:
    assert number_signs(pd.Series(["1,000", "12"]), OrdersFormat())[0] == (".", ",")
    assert number_signs(pd.Series(["2,55", "10,00"]), OrdersFormat(), money=True)[0] == (",", None)
