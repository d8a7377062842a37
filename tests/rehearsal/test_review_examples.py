"""Ten changes by the real engine: the comment on each is the one that is kept, and its figures are right."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from infra.review.cost.prices import FOLDER
from infra.review.show import markdown, page, plain
from infra.settings.changes import CHANGES, NOUNS
from tests.browser.chromium import NONE, Page, address, browser, find
from tests.browser.looking import faults
from tests.rehearsal.review_examples import COMMENTS, EXAMPLES, ROOT, Example, Examples

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]
NAMED = {example.name: example for example in EXAMPLES}
HOW = "python -m tests.rehearsal.review_examples writes it anew"


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Examples:
    return Examples.of(tmp_path_factory.mktemp("examples"))


def settled(text: str) -> str:
    """A comment without what moves when somebody works elsewhere: lines, counts and sums of the rest.

    What the change itself does and costs stays, to the cent.
    """
    text = re.sub(r"(\.(?:py|yaml)):\d+", r"\1:0", text)
    text = re.sub(r"\d+ stay as they are", "the rest stays as it is", text)
    text = re.sub(r"(?m)^(- (?:secret inputs|parts without a known price)\D*)\d+", r"\1", text)
    return re.sub(r"(?m)^(\| (?:`\w+`|\*\*total\*\*)) \| [^|]* \| [^|]* \|", r"\1 |", text)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: each.name)
def test_the_comment_on_a_change_is_the_one_that_is_kept(examples: Examples, example: Example) -> None:
    kept = (COMMENTS / f"{example.name}.md").read_text()
    assert settled(markdown(examples.verdict(example))) == settled(kept), HOW


def test_the_page_shows_the_comment_as_it_is() -> None:
    shown = (ROOT / "docs" / "review.md").read_text()
    kept = (COMMENTS / "bigger-gpu.md").read_text()
    assert settled(kept.split("<details>")[0].strip()) in settled(shown), HOW


def test_the_outcomes(examples: Examples) -> None:
    refused = {
        name: verdict.outcome
        for name in NAMED
        if (verdict := examples.verdict(NAMED[name])).outcome != "good"
    }
    assert refused == {
        "bigger-gpu": "over budget",
        "public-bucket": "refused by policy",
        "protected-bucket-deleted": "protected",
    }


def price(file: str, name: str) -> Decimal:
    """A price of eu-west-1 as its file has it."""
    with (FOLDER / file).open(newline="") as lines:
        (usd,) = (row[3] for row in csv.reader(lines) if row[:2] == [name, "eu-west-1"])
    return Decimal(usd)


def cents(usd: Decimal) -> Decimal:
    return usd.quantize(Decimal("0.01"), ROUND_HALF_UP)


def change(examples: Examples, name: str) -> Decimal:
    return examples.verdict(NAMED[name]).total.by.expected


def test_the_figures_by_hand(examples: Examples) -> None:
    """From the price files, the price book and the usage of prod: 60 hours of training, mostly spot."""
    hours = Decimal(4 * 60)
    by_hand = Decimal(0)
    for file, share in (("ec2_spot.csv", Decimal("0.8")), ("ec2.csv", Decimal("0.2"))):
        for kind, sign in (("g5.4xlarge", 1), ("g5.2xlarge", -1)):
            by_hand += sign * cents(hours * share * price(file, kind))
    assert change(examples, "bigger-gpu") == by_hand

    def nat(item: str, units: int) -> Decimal:
        return cents(units * price("services.csv", item))

    one = nat("nat_hour", 730) + nat("nat_gb", 100) + nat("internet_gb", 10) + nat("public_ipv4_hour", 730)
    assert change(examples, "second-nat") == 2 * one

    # Nodes of the price book's g1.l4 with its GPU: one all month, since no node group of the private cluster
    # is without, and a second for 60 hours; each with a volume of 200 GB at most.
    machines = cents((730 + 60) * (Decimal("0.48") + Decimal("0.60")))
    volumes = change(examples, "new-pool") - machines
    assert 0 <= volumes <= cents(Decimal(730 + 60) / 730 * 200 * Decimal("0.06"))

    assert change(examples, "comment-only") == change(examples, "release-moved") == 0


def test_what_is_replaced_is_what_the_table_of_changes_says(examples: Examples) -> None:
    verdict = examples.verdict(NAMED["bigger-gpu"])
    replaced = {NOUNS.get(each.change.resource.type) for each in verdict.of("replace")}
    assert set(CHANGES["aws.gpu_pools.NAME.instance_type"].what) == replaced


@pytest.fixture(scope="module")
def opened() -> Iterator[Page]:
    program = find()
    if program is None:
        pytest.skip(NONE)
    with browser(program) as one:
        yield one


@pytest.mark.parametrize("name", ["bigger-gpu", "new-pool", "public-bucket"])
def test_the_page_of_a_review_in_a_browser(
    examples: Examples, opened: Page, name: str, tmp_path: Path
) -> None:
    verdict, file = examples.verdict(NAMED[name]), tmp_path / "review.html"
    file.write_text(page(verdict))
    assert faults(opened, file) == []
    opened.open(address(file), 1280)
    written = plain(verdict)["monthly"]
    total, moved = (
        opened.run(f"document.getElementById('{part}').innerText") for part in ("total", "change")
    )
    assert total.split()[0] == f"{written['after']['expected']:,.2f}"
    assert float(moved.replace(",", "")) == written["change"]["expected"]
    drawn = opened.run("document.querySelectorAll('.box.add, .box.replace, .box.change').length")
    assert (drawn > 0) == (name != "public-bucket")
