"""An applied object is read as YAML, whose readers take no control character that is not escaped."""

from __future__ import annotations

import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from rehearsal.control_plane.api import _json


@given(st.text(st.characters(exclude_categories=["Cs"])))
@example("\x7f\x94\x00\x1f\ufffe\uffff\U0008e0d4\u00ed\x85\u2028")
def test_any_text_is_yaml_and_the_same(text: str) -> None:
    assert yaml.safe_load(_json({"data": {"text": text}})) == {"data": {"text": text}}
