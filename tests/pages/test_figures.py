"""A figure stands in one place; the pages show it from there."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest

from tests.pages import PAGES, ROOT
from tests.pages.figures import MARK, UnknownFigure, figures, prose, written
from training.validation.baselines import BASELINES

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
KNOWN = figures()
README = ROOT / "README.md"


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_a_page_shows_the_figures_as_they_are(page: Path) -> None:
    assert page in PAGES
    text = page.read_text()
    assert written(text, KNOWN) == text, "python -m tests.pages.figures writes them"


def test_every_figure_is_shown_somewhere() -> None:
    shown = {match["name"] for page in PAGES for match in MARK.finditer(page.read_text())}
    assert shown == set(KNOWN)


def test_outputs_show_the_same_figure() -> None:
    found = []
    for figure in KNOWN.values():
        for words in figure.shown:
            pattern = re.escape(words).replace(r"\#", r"(\d+)")
            for page in PAGES:
                found += [(shown, figure.value) for shown in re.findall(pattern, page.read_text())]
    assert found
    assert all(shown == value for shown, value in found), found


def test_the_number_of_baselines_is_that_of_the_code() -> None:
    assert KNOWN["baselines"].value == WORDS[len(BASELINES)]
    for page in PAGES:
        assert not re.search(rf"\b({'|'.join(WORDS)}|\d+) (plain )?baselines\b", prose(page.read_text())), (
            page
        )


def test_the_readme_states_no_result_of_its_own() -> None:
    """Decimals of its prose are figures, or bars and seconds of its one table of measurements."""
    text = prose(README.read_text()).partition("## Figures")[0]
    assert re.findall(r"(?<![\w.])0\.\d{2,}", text) == []


def test_no_figure_of_four_digits_stands_on_two_pages() -> None:
    where = defaultdict(set)
    for page in PAGES:
        if page.name != "settings.md":
            for number in re.findall(
                r"(?<![\w.,])(?:0\.\d{4}|\d{1,3},\d{3})(?![\d,.]\d|\d)", prose(page.read_text())
            ):
                where[number].add(page.name)
    assert {number: names for number, names in where.items() if len(names) > 1} == {}


def test_the_checks_can_fail() -> None:
    page = "recall <!--=september.recall-->0.1<!--/--> of 0.3593\n\n```\n0.99\n```\n    0.98 code\n"
    assert written(page, KNOWN) != page
    assert "0.3593" in prose(page)
    assert not re.search(r"0\.1\b|0\.9", prose(page))
    with pytest.raises(UnknownFigure, match=r"nothing\.like is no figure"):
        written("<!--=nothing.like-->1<!--/-->", KNOWN)
