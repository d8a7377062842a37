"""Pseudonyms: stable with the key, unlinkable without it, and nothing else leaves."""

from __future__ import annotations

import io
import re
from datetime import date

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.shops import SAMPLE
from training.errors import TrainingError
from training.orders.cleaning import clean
from training.orders.source import Folder, read_day
from training.transfer.batch import pseudonymous, to_parquet
from training.transfer.pseudonym import Pseudonyms

KEY = "a key of the private site"
ids = st.text(alphabet="0123456789", min_size=1, max_size=8)


@given(ids, ids)
def test_equal_customers_and_only_those_share_a_pseudonym(one: str, other: str) -> None:
    pseudonyms = Pseudonyms(KEY)
    assert (pseudonyms.customer(one) == pseudonyms.customer(other)) == (one == other)
    assert re.fullmatch("[0-9a-f]{32}", pseudonyms.customer(one))


@given(ids)
def test_another_key_another_kind_another_pseudonym(customer: str) -> None:
    here, there = Pseudonyms(KEY), Pseudonyms(KEY + "!")
    assert here.customer(customer) != there.customer(customer)
    assert here.customer(customer) != here.invoice(customer)
    assert here.customer(f"{customer}.0") == here.customer(customer)


def test_short_key_is_refused_without_being_shown() -> None:
    with pytest.raises(TrainingError, match="has 6 characters") as refused:
        Pseudonyms("secret")
    assert "secret" not in str(refused.value).replace("the secret isthmus-keys", "")
    assert KEY not in repr(Pseudonyms(KEY))


def test_batch_holds_no_identifier_of_the_source() -> None:
    cleaned = clean(date(2011, 9, 1), read_day(Folder(SAMPLE), date(2011, 9, 1)))
    content = to_parquet(pseudonymous(cleaned, Pseudonyms(KEY)))
    table = pq.read_table(io.BytesIO(content)).to_pandas()
    # Stock codes have five digits as customers have, so a code may well look like a customer.
    cells = set(table.drop(columns="stock_code").astype(str).to_numpy().ravel())
    assert set(table.columns) == {
        "customer", "order", "stock_code", "description", "quantity", "price", "at",
    }  # fmt: skip
    assert not cells & set(cleaned.purchases["customer"])
    assert not cells & set(cleaned.purchases["invoice"])
    assert to_parquet(pseudonymous(cleaned, Pseudonyms(KEY))) == content
