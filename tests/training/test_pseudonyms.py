"""Pseudonyms: stable with the key, unlinkable without it, and nothing else leaves."""

from __future__ import annotations

import hashlib
import hmac
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.errors import TrainingError
from training.transfer.pseudonym import Pseudonyms
from training.transfer.redaction import product_text, telling, without_words

KEY = "a key of the private site"
ids = st.text(alphabet="0123456789", min_size=1, max_size=8)


@given(ids, ids)
def test_equal_customers_and_only_those_share_a_pseudonym(customer: str, other: str) -> None:
    pseudonyms = Pseudonyms(KEY)
    assert (pseudonyms.customer(customer) == pseudonyms.customer(other)) == (customer == other)
    assert re.fullmatch("[0-9a-f]{32}", pseudonyms.customer(customer))


@given(ids)
def test_another_key_another_kind_another_pseudonym(customer: str) -> None:
    ours, others = Pseudonyms(KEY), Pseudonyms(KEY + "!")
    assert ours.customer(customer) != others.customer(customer)
    assert ours.customer(customer) != ours.invoice(customer)
    assert ours.customer(f"{customer}.0") == ours.customer(customer)


def test_short_key_is_refused_without_being_shown() -> None:
    with pytest.raises(TrainingError, match="has 6 characters") as refused:
        Pseudonyms("secret")
    assert "secret" not in str(refused.value).replace("the secret isthmus-keys", "")
    assert KEY not in repr(Pseudonyms(KEY))


def test_plain_key_stays_what_it_was_and_is_named_without_being_told() -> None:
    plain = Pseudonyms(KEY)
    expected = hmac.new(KEY.encode(), b"customer\x0017850", hashlib.sha256).hexdigest()[:32]
    assert plain.customer("17850") == expected
    assert re.fullmatch("[0-9a-f]{8}", plain.key_id)
    assert plain.key_id == Pseudonyms(KEY).key_id != Pseudonyms(KEY + "!").key_id


@pytest.mark.parametrize(
    "ring",
    [
        "2026-11:the new key of a site,2026-05:the old key of a site",
        '{"2026-11": "the new key of a site", "2026-05": "the old key of a site"}',
    ],
)
def test_first_key_of_a_ring_is_current_and_older_ones_resolve(ring: str) -> None:
    pseudonyms = Pseudonyms(ring)
    old = Pseudonyms("2026-05:the old key of a site")
    assert pseudonyms.key_id == "2026-11"
    assert pseudonyms.customer("1") == Pseudonyms("the new key of a site").customer("1")
    assert pseudonyms.under("2026-05").customer("1") == old.customer("1")
    assert pseudonyms.renewed(["1", "2"]) == {
        old.customer(customer): pseudonyms.customer(customer) for customer in "12"
    }
    with pytest.raises(TrainingError, match="no key '2025-01', only 2026-11, 2026-05"):
        pseudonyms.under("2025-01")
    assert "site" not in repr(pseudonyms)


@pytest.mark.parametrize(
    ("ring", "says"),
    [
        ("2026-11:the new key of a site,2026-05:short", "the key 2026-05 has 5 characters"),
        ("a:the new key of a site,a:the old key of a site", "the same id twice"),
        ("a:the new key of a site,b:the new key of a site", "the same key twice"),
        ('{"a": 5}', "begins as JSON"),
        ('{"a": "the new key', "begins as JSON"),
    ],
)
def test_ring_that_is_none_is_refused_without_being_shown(ring: str, says: str) -> None:
    with pytest.raises(TrainingError, match=says) as refused:
        Pseudonyms(ring)
    assert "of a site" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "leaves"),
    [
        ("SET 10 CARDS HANGING BAUBLES 17080", "SET 10 CARDS HANGING BAUBLES #"),
        ("for invoice C536379, wrong", "for invoice # wrong"),
        ("ask anna@example.com", "ask #"),
        ("promised to (AB-123)", "promised to (#)"),
        ("PACK OF 72 RETROSPOT CAKE CASES", "PACK OF 72 RETROSPOT CAKE CASES"),
    ],
)
def test_description_leaves_without_whom_it_was_for(text: str, leaves: str) -> None:
    assert without_words(product_text(text), telling({"ab-123", "72"})) == leaves
