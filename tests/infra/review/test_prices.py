"""Prices: dated, sourced, checked; what was not read is never 0."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from infra.review.cost.price import NoPrice, Price
from infra.review.cost.prices import FOLDER, PricesWrong, load, prices
from infra.settings.catalogue import instance_types

G5 = "g5.xlarge,eu-west-1,1,1.123,ec2-instances-info"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "prices", ignore=shutil.ignore_patterns("__pycache__")))


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (G5, G5.replace("1.123", "0"), "usd_per_hour is 0; a price is a number above 0"),
        (G5, G5.replace("1.123", "-1"), "usd_per_hour is -1"),
        (G5, G5.replace("1.123", "nan"), "usd_per_hour is nan"),
        (G5, G5.replace("1.123", ""), "usd_per_hour is ;"),
        (
            G5,
            G5.replace("ec2-instances-info", "memory"),
            "source is memory, which sources.yaml does not list",
        ),
        (G5, G5.replace("eu-west-1", "eu-west-9"), "region is eu-west-9"),
        (G5, G5.replace(",1,", ",2,"), "g5.xlarge has 2 GPUs here and 1 in the catalogue"),
        (G5, f"{G5}\n{G5}", "g5.xlarge in eu-west-1 is there twice"),
        (G5, G5.replace("1.123", "0.1"), "g5.xlarge in eu-west-1 costs more by spot than on demand"),
        ("p5.4xlarge,", "p5.5xlarge,", "p5.4xlarge of the catalogue has no row"),
        ("ca-west-1", "af-south-1", "ca-west-1 of the catalogue has no row"),
        ("g5.xlarge,eu-west-1", "g5.xlarge,ap-east-2", "unread.regions lists ap-east-2, which ec2.csv has"),
    ],
)
def test_a_wrong_row_is_refused_with_its_place(folder: Path, old: str, new: str, says: str) -> None:
    replace: Callable[[str], str] = lambda text: text.replace(old, new, 1 if old == G5 else -1)  # noqa: E731
    file = folder / "ec2.csv"
    assert old in file.read_text()
    file.write_text(replace(file.read_text()))
    with pytest.raises(PricesWrong) as refused:
        load(folder)
    assert says in str(refused.value)


def test_a_source_without_a_date_is_refused(folder: Path) -> None:
    change(folder / "sources.yaml", "date: 2026-07-20", "day: 2026-07-20")
    with pytest.raises(
        PricesWrong, match=r"source is karpenter, which sources\.yaml does not list with a text and"
    ):
        load(folder)


def test_every_price_says_where_it_was_read_and_of_which_day() -> None:
    known = prices()
    assert len(known.on_demand) > 1000
    for price in (*known.on_demand.values(), *known.spot.values(), *known.services.values()):
        assert price.usd > 0
        assert price.source
        assert price.date is not None
        assert price.date.year >= 2019


def test_the_lists_of_before_the_cut_of_2025_are_not_in_it() -> None:
    """Of these, hand-made lists still have 98.32 and 32.77."""
    known = prices()
    assert known.on_demand["p5.48xlarge", "us-east-1"].usd == Decimal("55.04")
    assert known.on_demand["p4d.24xlarge", "us-east-1"].usd == Decimal("21.957642")
    for name in instance_types():
        if name.startswith(("p4", "p5")):
            regions = {region for kind, region in known.on_demand if kind == name}
            assert regions <= {"us-east-1", "us-west-2", "eu-west-1", "ap-northeast-1"}, name


def test_what_was_not_read_has_a_reason_in_place_of_a_price() -> None:
    known = prices()
    for missing in (
        known.instance("g6.xlarge", "eu-west-1"),
        known.instance("g5.xlarge", None),
        known.instance("g5.xlarge", "moon-1"),
        known.service("nat_hour", "sa-east-1"),
        known.service("nat_hour", None),
        known.service("nothing", "eu-west-1"),
    ):
        assert isinstance(missing, NoPrice)
        assert missing.reason
    assert isinstance(known.service("key_month", None), Price)


def test_rows_stand_in_the_order_of_the_catalogue_so_that_a_change_is_easy_to_see() -> None:
    with (FOLDER / "ec2.csv").open(newline="") as lines:
        names = list(dict.fromkeys(row["type"] for row in csv.DictReader(lines)))
    ours = [name for name in names if name in instance_types()]
    assert ours == [name for name in instance_types() if name in ours]
