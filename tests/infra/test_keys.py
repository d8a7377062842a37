"""The private site's keys: what is refused, and that no refusal shows a key."""

from __future__ import annotations

import json

import pytest

from infra.openstack.keys import FIELDS, KeysError, fields

GOOD = {field: f"value of {field}" for field in FIELDS}


def test_a_complete_payload_becomes_the_keys_that_the_jobs_read() -> None:
    assert fields(json.dumps(GOOD), "isthmus-keys") == {
        "PSEUDONYM_KEY": "value of pseudonym",
        "SIGNING_KEY": "value of signing",
        "ORDERS_ACCESS_KEY_ID": "value of orders_access_key_id",
        "ORDERS_SECRET_ACCESS_KEY": "value of orders_secret_access_key",
    }


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("broken", [None, "", 7])
def test_a_missing_field_is_named_and_no_value_is_shown(field: str, broken: object) -> None:
    with pytest.raises(KeysError, match=f"'isthmus-keys' has no {field};") as refused:
        fields(json.dumps({**GOOD, field: broken}), "isthmus-keys")
    assert "value of" not in str(refused.value)


@pytest.mark.parametrize("payload", ["", "not json", "[]", '"text"'])
def test_what_is_no_object_is_refused(payload: str) -> None:
    with pytest.raises(KeysError, match="is no JSON object"):
        fields(payload, "isthmus-keys", preview=True)


def test_a_placeholder_is_enough_for_a_preview_and_never_for_an_update() -> None:
    text = "placeholder: a rehearsal cannot open secrets"
    assert set(fields(text, "isthmus-keys", preview=True)) == set(fields(json.dumps(GOOD), "x"))
    with pytest.raises(KeysError):
        fields(text, "isthmus-keys")
