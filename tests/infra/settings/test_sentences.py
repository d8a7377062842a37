"""What a refusal says is true of every field: the bounds that it tells hold, its examples are taken."""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Iterator
from typing import Annotated, Any, get_args, get_origin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from infra.settings import SettingsError
from infra.settings.checking import check
from infra.settings.model import Sections
from isthmus.settings.fields import describe, flatten
from tests.infra.settings.drawn import GOOD, value

FAR = 10**15


def leaves(model: type[BaseModel] = Sections, path: str = "") -> Iterator[tuple[str, Any, list[Any]]]:
    """Every value of a stack file that holds no keys: its path, type and what the type carries."""
    for name, field in model.model_fields.items():
        yield from _leaves(f"{path}.{name}".lstrip("."), *flatten(field.annotation, field.metadata))


def _leaves(path: str, annotation: Any, carried: list[Any]) -> Iterator[tuple[str, Any, list[Any]]]:
    if get_origin(annotation) is dict:
        yield from _leaves(f"{path}.NAME", *flatten(get_args(annotation)[1]))
    elif get_origin(annotation) is tuple:
        yield path, annotation, carried
        yield from _leaves(f"{path}[0]", *flatten(get_args(annotation)[0]))
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from leaves(annotation, path)
    else:
        yield path, annotation, carried


ALL = list(leaves())
NUMBERS = [leaf for leaf in ALL if leaf[1] in (int, float)]


def takes(annotation: Any, carried: list[Any], value: Any) -> bool:
    kind: Any = Annotated[(annotation, *carried)] if carried else annotation
    try:
        TypeAdapter(kind).validate_python(value, strict=True)
    except ValidationError:
        return False
    return True


def test_there_are_the_fields_that_one_would_think_of() -> None:
    paths = {path for path, _, _ in ALL}
    assert len(paths) > 140
    assert {"aws.gpu_pools.NAME.max", "training.model.masked_share", "budget.alert_percent[0]"} <= paths


@pytest.mark.parametrize(("path", "annotation", "carried"), NUMBERS, ids=[leaf[0] for leaf in NUMBERS])
def test_the_bounds_that_are_told_are_those_that_hold(path: str, annotation: Any, carried: list[Any]) -> None:
    sentence = describe(annotation, carried)
    number = r"(-?\d+(?:\.\d+)?(?:e-?\d+)?)"

    def bound(pattern: str) -> Any:
        found = re.search(pattern.replace("N", number), sentence)
        return annotation(float(found[1]) if annotation is float else int(found[1])) if found else None

    def beside(value: Any, direction: int) -> Any:
        return math.nextafter(value, direction * math.inf) if annotation is float else value + direction

    if ranges := re.findall(r"(\d+)-(\d+)", sentence):  # numbers in islands, such as those of networks
        for low, high in ranges:
            assert takes(annotation, carried, int(low)), sentence
            assert takes(annotation, carried, int(high)), sentence
        return
    if "one of" in sentence:
        for choice in re.findall(r"\d+", sentence):
            assert takes(annotation, carried, annotation(choice)), sentence
        return
    for low in (bound("from N to "), bound("at least N")):
        if low is not None:
            assert takes(annotation, carried, low), sentence
            assert not takes(annotation, carried, beside(low, -1)), sentence
    if (above := bound("above N")) is not None:
        assert not takes(annotation, carried, above), sentence
        assert takes(annotation, carried, beside(above, 1)), sentence
    for high in (bound("to N"), bound("at most N")):
        if high is not None:
            assert takes(annotation, carried, high), sentence
            assert not takes(annotation, carried, beside(high, 1)), sentence
    # What is not told does not hold.
    if not re.search("from|at least|above", sentence):
        assert takes(annotation, carried, annotation(-FAR)), sentence
    if not re.search(" to |at most|below", sentence):
        assert takes(annotation, carried, annotation(FAR)), sentence


def examples(text: str) -> Iterator[list[str]]:
    """What may be meant by each "such as" of a sentence: up to its end, or to a comma, or a word."""
    for found in re.finditer("such as (.+)", text):
        rest = found[1].rstrip(".").replace("a comma", ",")
        yield [
            rest,
            rest.split(", ")[0],
            rest.split("; ")[0],
            rest.split(" ")[0],
            rest.split(" ")[0].rstrip(",;"),
        ]


TEXTS = [leaf for leaf in ALL if get_origin(leaf[1]) is not tuple and leaf[1] not in (int, float, bool)]


@pytest.mark.parametrize(("path", "annotation", "carried"), TEXTS, ids=[leaf[0] for leaf in TEXTS])
def test_what_a_sentence_gives_as_an_example_is_taken(path: str, annotation: Any, carried: list[Any]) -> None:
    kind: Any = Annotated[(annotation, *carried)] if carried else annotation
    sentences = [describe(annotation, carried)]
    for junk in ("\t?", "x" * 3000, "http://[", 5, "s3://"):
        try:
            TypeAdapter(kind).validate_python(junk, strict=True)
        except ValidationError as error:
            sentences += [item["msg"] for item in error.errors() if item["type"] == "refused"]
    for sentence in sentences:
        for candidates in examples(sentence):
            assert any(takes(annotation, carried, each) for each in candidates), sentence


@pytest.mark.parametrize(("path", "annotation", "carried"), ALL, ids=[leaf[0] for leaf in ALL])
def test_no_pattern_takes_digits_or_letters_of_every_script(
    path: str, annotation: Any, carried: list[Any]
) -> None:
    r"""pydantic's ``\d`` and ``\w`` know Unicode; no cloud does."""
    for item in carried:
        for constraint in getattr(item, "metadata", None) or [item]:
            pattern = getattr(constraint, "pattern", None) or ""
            assert not re.search(r"\\[dws]", str(pattern)), pattern


def put(path: str, value: Any) -> dict[str, Any]:
    """The good file's configuration with a value at a path; a pool is one that is there, or a new one."""
    config = copy.deepcopy(GOOD)
    section, *parts = path.removesuffix("[0]").split(".")
    mapping = config.setdefault(f"isthmus:{section}", {})
    for part in parts[:-1]:
        if part.endswith("[0]"):
            mapping = mapping.setdefault(part.removesuffix("[0]"), [{"name": "a", "reason": "b"}])[0]
            continue
        mapping = mapping.setdefault(
            ("training" if section == "aws" else "serving") if part == "NAME" else part, {}
        )
    mapping[parts[-1]] = [value] if path.endswith("[0]") else value
    return config


OWN = [leaf for leaf in ALL if not leaf[0].startswith("orders.")]
"""The section orders judges its texts itself, as a delimiter may be a tab."""
PLAIN = [path for path, annotation, _ in OWN if annotation is str]


@pytest.mark.parametrize("path", PLAIN)
@pytest.mark.parametrize("unseen", ["\0", "\n", "\r", "\x7f", "\x85", "\u200b", "\u202e", "\u00a0", "\ud800"])
def test_no_text_holds_what_nobody_sees(path: str, unseen: str) -> None:
    with pytest.raises(SettingsError) as caught:
        check("f", "dev", put(path, f"a{unseen}b"))
    key = path.replace("NAME", "training" if path.startswith("aws.") else "serving")
    (text,) = [problem.text for problem in caught.value.problems if problem.path == key]
    assert f"(U+{ord(unseen):04X})" in text


LISTS = [
    (path, *flatten(get_args(annotation)[0]))
    for path, annotation, _ in OWN
    if get_args(annotation)[-1:] == (...,)
]


@pytest.mark.parametrize(("path", "annotation", "carried"), LISTS, ids=[each[0] for each in LISTS])
@settings(max_examples=5)
@given(data=st.data())
def test_no_list_names_a_thing_twice(
    path: str, annotation: Any, carried: list[Any], data: st.DataObject
) -> None:
    entry = data.draw(value(annotation, carried, f"{path}[0]"))
    if path == "aws.network.zones":
        entry = "eu-west-1a"
    with pytest.raises(SettingsError) as caught:
        check("f", "dev", put(path, [entry, entry]))
    shown = "the same" if isinstance(entry, dict) else entry
    assert f"{path}[1]: is {shown} once more, as {path}[0] is" in str(caught.value)


def test_a_list_of_refused_entries_is_not_called_too_short() -> None:
    with pytest.raises(SettingsError) as caught:
        check("f", "dev", put("budget.alert_percent", [0, 500]))
    assert [problem.path for problem in caught.value.problems] == [
        f"budget.alert_percent[{i}]" for i in (0, 1)
    ]
