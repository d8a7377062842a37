"""A stack file is the same to every reader, or it is refused; a text stays a text."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from isthmus.stack_files import StackFile, StackFileError, parse, read, write
from isthmus.stack_files.scalars import Ambiguous, lost_on_the_way, resolve

# What CLI 3.259.0 handed to a program for each of these without quotes; a text where JSON has quotes.
AS_THE_ENGINE = {
    "true": "true",
    "FALSE": "false",
    "~": "null",
    "Null": "null",
    "0": "0",
    "-0": "0",
    "+5": "5",
    "0x1F": "31",
    "5.0": "5",
    "1.": "1",
    ".5": "0.5",
    "-.5": "-0.5",
    "0.10": "0.1",
    "1e3": "1000",
    "1.5e3": "1500",
    "1e-3": "0.001",
    "1e-7": "1e-7",
    "1e20": "100000000000000000000",
    "1e21": "1e+21",
    "12e45": "1.2e+46",
    "9223372036854775807": "9223372036854775807",
    "123456789.5": "123456789.5",
    "2026-11-24": '"2026-11-24 00:00:00 +0000 UTC"',
    "10.0.0.0/16": '"10.0.0.0/16"',
    "1.2.3": '"1.2.3"',
    "1e": '"1e"',
    "0x": '"0x"',
    "0b12": '"0b12"',
    "fd00::1": '"fd00::1"',
    "tRUE": '"tRUE"',
    "yess": '"yess"',
    "-": None,
    "-.": '"-."',
    "a=b": '"a=b"',
    "093116ba207fca47": '"093116ba207fca47"',
}
AMBIGUOUS = (
    *("010", "-010", "00", "09", "0o12", "0O12", "-0o12", "0777", "012345678901", "13608073156700e500"),
    *("1_000", "1__0", "_1"[1:] + "_", "0b11", "-0b1", "0X1f", "-0x1f", "+0x1f", "1_0.5", ".5_0", "01.5"),
    *("yes", "Yes", "YES", "no", "on", "Off", "y", "N", "=", "<<", "12:30:45", "1:30", "-1:30", "1:30.5"),
    *(".inf", "-.Inf", "+.INF", ".nan", ".NaN", "1e400", "-1e400", "1e-400", "9223372036854775808"),
    *("18446744073709551615", "0xFFFFFFFFFFFFFFFFFF", "9" * 5000, "1" + "0" * 500 + ".5"),
    *("2026-1-2", "2026-11-24T10:00:00Z", "2026-11-24 10:00:00", "2011-13-45", "0000-01-01"),
)


def config(text: str) -> dict[str, Any]:
    return dict(parse(f"config:\n{text}\n".encode()).config)


@pytest.mark.parametrize("text", [text for text, said in AS_THE_ENGINE.items() if said is not None])
def test_a_scalar_is_what_the_engine_makes_of_it(text: str) -> None:
    assert config(f"  a:b: {{ k: {text} }}")["a:b"]["k"] == json.loads(AS_THE_ENGINE[text] or "")
    found = config(f"  a:b: [{text}]")["a:b"][0]
    assert json.dumps(found) == json.dumps(json.loads(AS_THE_ENGINE[text] or ""))
    assert config(f"  a:b: '{text}'") == {"a:b": text}


@pytest.mark.parametrize("text", AMBIGUOUS, ids=lambda text: text[:24])
def test_what_readers_take_differently_is_refused_with_its_mending(text: str) -> None:
    with pytest.raises(StackFileError) as caught:
        config(f"  a:b:\n    k: {text}")
    (refusal,) = caught.value.refusals
    assert refusal.path == ("a:b", "k")
    assert refusal.text.startswith(f"line 3, column 8: {text[:50]}")
    assert "quotes" in refusal.text
    assert config(f'  a:b:\n    k: "{text}"') == {"a:b": {"k": text}}


@given(st.from_regex(r"[-+]?[0-9.xobeE_:\-TZ+]{1,12}", fullmatch=True) | st.text("yesnoffYN=<~.", max_size=4))
def test_what_is_taken_is_the_same_in_yaml_1_1(text: str) -> None:
    """PyYAML is a reader of YAML 1.1: what it reads otherwise must be refused, save what it cannot know."""
    found = resolve(text)
    assume(not isinstance(found, Ambiguous))
    try:
        other = yaml.safe_load(f"k: {text}")["k"]
    except (yaml.YAMLError, ValueError, TypeError):
        return
    if hasattr(other, "isoformat"):
        assert str(found).startswith(str(other))
    elif isinstance(found, int | float) and isinstance(other, str):
        # 1e3 is a number but for YAML 1.1: to the engine, YAML 1.2 and every editor. -.5 is one in YAML 1.1,
        # too (https://yaml.org/type/float.html), and to all readers but PyYAML.
        assert "e" in text.lower() or text[:2] in ("-.", "+.")
    else:
        assert other == found


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.text(max_size=12)
    | st.sampled_from(AMBIGUOUS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [*value, *(text for item in value.values() for text in _texts(item))]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return [value] if isinstance(value, str) else []


@given(st.dictionaries(st.text("abc", min_size=1).map("a:{}".format), values, max_size=4))
def test_text_in_is_text_out(content: dict[str, Any]) -> None:
    texts = _texts(content)
    if any(map(lost_on_the_way, texts)):
        with pytest.raises(StackFileError, match="the engine loses"):
            write({"config": content})
        return
    text = write({"config": content})
    assert yaml.safe_load(text) == {"config": content}  # a reader of YAML 1.1, by PyYAML's own scanner
    if "<<" not in texts:
        assert parse(text.encode()).config == content


@pytest.mark.parametrize("text", ["\nx", "\tx\ny", "\u2028\n", "\n"])
def test_a_text_that_the_engine_shortens_is_refused(text: str) -> None:
    with pytest.raises(StackFileError, match="which the engine loses"):
        config(f"  a:b: {json.dumps(text)}")


def test_merges_and_aliases_are_read_as_the_engine_reads_them() -> None:
    found = config(
        "  a:one: &one { x: 1, z: 1 }\n  a:two: &two { z: 2, w: 2 }\n"
        "  a:both:\n    <<: [*one, *two]\n    w: 3\n  a:text: &t '010'\n  a:again: [*t, *t]"
    )
    assert found["a:both"] == {"x": 1, "z": 1, "w": 3}
    assert found["a:again"] == ["010", "010"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("config: {}\nconfig: {}\n", "the key config stands here and in line 1: keep one of them"),
        ("config: {}\n---\nconfig: {}\n", "a second document begins here"),
        ("%YAML 1.1\n---\nconfig: {}\n", "a line that begins with %"),
        ("config:\n  a:b: &x [*x]\n", "stands inside of what it stands for"),
        ("config:\n  a:b: !!int five\n", "the tag !!int is not the same to every reader"),
        ("config:\n  a:b: {5: x}\n", "the key 5 is not a text: write it in quotes"),
        ("config:\n  a:b: {on: x}\n", "the key on is a text to the engine, and true to YAML 1.1"),
        ("config:\n  a:b: [x?y=z]\n", "a ? without quotes inside of brackets"),
        ("config:\n  a:b: 'x\u2028y'\n", "holds the character U+2028"),
        ("config:\n  a:b: \x07\n", "control character"),
    ],
)
def test_one_sentence_says_what_to_do(text: str, sentence: str) -> None:
    with pytest.raises(StackFileError) as caught:
        parse(text.encode())
    (refusal,) = caught.value.refusals
    assert sentence in refusal.text


def test_all_ambiguous_values_are_told_at_once() -> None:
    with pytest.raises(StackFileError) as caught:
        config("  a:b: { x: 010, z: [no, 1:30], w: ok }")
    assert [refusal.path for refusal in caught.value.refusals] == [
        ("a:b", "x"),
        ("a:b", "z", 0),
        ("a:b", "z", 1),
    ]


def test_what_sounds_secret_is_not_shown() -> None:
    with pytest.raises(StackFileError) as caught:
        config("  a:b: { password: 0123456789 }")
    assert "0123456789" not in str(caught.value)


def test_no_file_is_read_that_is_none(tmp_path: Path) -> None:
    large, pipe = tmp_path / "large.yaml", tmp_path / "pipe.yaml"
    with large.open("wb") as sparse:
        sparse.truncate(50 << 20)
    os.mkfifo(pipe)
    odd = {large: r"50\.0 MiB", pipe: "no file", tmp_path: "no file", Path("a\0b"): "cannot be read"}
    for place, sentence in odd.items():
        with pytest.raises(StackFileError, match=sentence):
            read(place)


def test_the_engines_text_of_each_key() -> None:
    assert StackFile({"a:t": True, "a:n": None, "a:f": 1e-7, "a:l": [1, "x"], "a:s": "x"}).handed_over() == {
        "a:t": "true",
        "a:n": "",
        "a:f": "1e-7",
        "a:l": '[1, "x"]',
        "a:s": "x",
    }
