"""Cleaning: every row is kept or counted under one reason, and nothing of a later day matters."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.shops import SAMPLE
from training.orders.cleaning import REASONS, clean
from training.orders.source import COLUMNS, Folder, read_day

DAY = date(2011, 9, 1)
GOOD = ("536365", "85123A", "WHITE HANGING HEART", "6", "2011-09-01 08:26:00", "2.55", "17850.0", "UK")


def _frame(*rows: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(COLUMNS), dtype=str)


def _with(**changes: str) -> tuple[str, ...]:
    return tuple(changes.get(column, value) for column, value in zip(COLUMNS, GOOD, strict=True))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (_with(InvoiceNo="C536365", StockCode="22423", Quantity="-6"), "cancellations"),
        (_with(StockCode="POST"), "not_products"),
        (_with(StockCode="M"), "not_products"),
        (_with(StockCode="BANK CHARGES"), "not_products"),
        (_with(StockCode="gift_0001_20"), "not_products"),
        (_with(StockCode="DCGSSBOY"), "not_products"),
        (_with(Quantity="-3"), "returns"),
        (_with(UnitPrice="0.0"), "zero_prices"),
        (_with(CustomerID=""), "missing_customers"),
        (_with(Quantity="six"), "unreadable"),
        (_with(Quantity="1.5"), "unreadable"),
        (_with(UnitPrice="nan"), "unreadable"),
        (_with(InvoiceDate="2011-09-02 08:26:00"), "unreadable"),
    ],
)
def test_row_is_left_out_for_its_reason(row: tuple[str, ...], reason: str) -> None:
    cleaned = clean(DAY, _frame(_with(InvoiceNo="1"), row))
    assert cleaned.counts["kept"] == 1
    assert {name: n for name, n in cleaned.counts.items() if n and name in REASONS} == {reason: 1}


def test_kept_row_is_typed_and_tidy() -> None:
    purchase = clean(DAY, _frame(_with(Description="  WHITE   HEART "))).purchases.iloc[0]
    assert purchase.to_dict() == {
        "invoice": "536365",
        "customer": "17850",
        "stock_code": "85123A",
        "description": "WHITE HEART",
        "quantity": 6,
        "price": 2.55,
        "at": pd.Timestamp("2011-09-01 08:26:00"),
    }


def test_purchase_cancelled_the_same_day_is_taken_back_once() -> None:
    rows = [
        _with(InvoiceNo="1", Quantity="74215"),
        _with(InvoiceNo="2", Quantity="6"),
        _with(InvoiceNo="C3", Quantity="-74215"),
    ]
    cleaned = clean(DAY, _frame(*rows))
    assert cleaned.purchases["quantity"].tolist() == [6]
    assert cleaned.counts["cancelled_same_day"] == 1


def test_duplicate_is_kept_once() -> None:
    assert clean(DAY, _frame(GOOD, GOOD, GOOD)).counts == {
        **dict.fromkeys(REASONS, 0),
        "read": 3,
        "kept": 1,
        "duplicates": 2,
    }


cells = {
    "InvoiceNo": st.sampled_from(["1", "2", "C3", "", "A4"]),
    "StockCode": st.sampled_from(["85123A", "22423", "POST", "M", "", "12345é"]),
    "Description": st.sampled_from(["", "HEART", "? "]),
    "Quantity": st.sampled_from(["1", "-1", "0", "x", "1e400", "99999999999", "2"]),
    "InvoiceDate": st.sampled_from(["2011-09-01 08:26:00", "2011-09-02 00:00:00", "never", ""]),
    "UnitPrice": st.sampled_from(["2.5", "0", "-1", "inf", ""]),
    "CustomerID": st.sampled_from(["17850.0", "17850", "", " "]),
    "Country": st.just("UK"),
}


@settings(max_examples=60)
@given(st.lists(st.tuples(*(cells[column] for column in COLUMNS)), max_size=12))
def test_every_row_is_kept_or_counted_and_what_is_kept_is_a_purchase(rows: list[tuple[str, ...]]) -> None:
    cleaned = clean(DAY, _frame(*rows))
    left_out = sum(cleaned.counts[reason] for reason in REASONS)
    purchases = cleaned.purchases
    assert cleaned.counts["read"] == len(rows) == len(purchases) + left_out
    assert (purchases["quantity"] > 0).all()
    assert (purchases["price"] > 0).all()
    assert (purchases["customer"] != "").all()
    assert purchases["stock_code"].str.fullmatch(r"\d{5}[A-Za-z]*").all()


def test_sample_day_adds_up() -> None:
    source = Folder(SAMPLE)
    day = date(2011, 9, 5)
    cleaned = clean(day, read_day(source, day))
    assert cleaned.counts["read"] == cleaned.counts["kept"] + sum(
        cleaned.counts[reason] for reason in REASONS
    )
    assert cleaned.counts["kept"] > 500
    assert cleaned.counts["missing_customers"] > 0
