"""Every fact of docs/real-clouds.md: its citation stands in the code, and the test that holds it is there."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

import pytest

from tests.pages import ROOT

PAGE = ROOT / "docs" / "real-clouds.md"
NOT_BUILT = "*not built*"
HEAD = "| now | source | cited in | held by |"


@dataclass(frozen=True)
class Fact:
    """A row of the page."""

    failure: str
    source: str
    file: str
    test: str


def facts() -> list[Fact]:
    """The rows of all tables."""
    found = []
    for line in PAGE.read_text().splitlines():
        if not line.startswith("|") or line.endswith(HEAD) or line.startswith("|---"):
            continue
        failure, _, source, file, test = (cell.strip() for cell in line.strip("|").split(" | "))
        found.append(Fact(failure, source, file.strip("`"), test.strip("`")))
    return found


def plain(text: str) -> str:
    """Text as one line, without what begins a comment's lines."""
    return " ".join(re.sub(r"\n\s*#", "\n", text).split())


FACTS = facts()


def test_the_page_has_every_failure_that_was_counted() -> None:
    assert len(FACTS) >= 19
    assert len({fact.failure for fact in FACTS}) == len(FACTS)


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.failure[:40])
def test_the_citation_stands_in_the_file_that_is_named(fact: Fact) -> None:
    assert plain(fact.source).lower() in plain((ROOT / fact.file).read_text()).lower(), fact.file


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.failure[:40])
def test_the_test_that_is_named_is_there(fact: Fact) -> None:
    if fact.test == NOT_BUILT:
        return
    path, _, name = fact.test.partition("::")
    module = ast.parse((ROOT / path).read_text())
    assert name in {each.name for each in module.body if isinstance(each, ast.FunctionDef)}, path


def test_a_row_that_is_not_built_says_so_twice() -> None:
    rows = [line for line in PAGE.read_text().splitlines() if line.endswith(f"| {NOT_BUILT} |")]
    assert rows
    assert all(row.count(NOT_BUILT) == 2 for row in rows)
