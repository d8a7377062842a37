"""``isthmus prices refresh`` from lists on this machine: whole or not at all, and never silently."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from infra.review.cost import prices as price_files
from infra.review.cost.price import Price
from infra.review.cost.prices import FOLDER, REFRESHED, load
from infra.review.cost.refresh import refresh as refreshing
from infra.review.cost.refresh.price_list import RefreshRefused
from isthmus.cli.main import app
from tests.infra.review.refresh.lists import CUT, REGION, VERSION, prices_of_today, served, text

EKS = "AmazonEKS"
Edit = Callable[[dict[str, dict[str, str]]], None]
FILES = ("ec2.csv", "ec2_spot.csv", "services.csv", "sources.yaml", REFRESHED)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    made = tmp_path / "prices"
    shutil.copytree(FOLDER, made, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
    for function in (refreshing.refresh, refreshing.write):
        monkeypatch.setattr(function, "__defaults__", (made,))
    yield made
    price_files.prices.cache_clear()


def run(answer: Callable[[str], bytes | None], *arguments: str) -> Result:
    with served(answer) as url:
        return CliRunner().invoke(app, ["prices", "refresh", "--region", REGION, "--from", url, *arguments])


def lists(edit: Edit = lambda _: None, day: str = "2026-11-27") -> Callable[[str], bytes]:
    today = prices_of_today()
    edit(today)
    return lambda offer: text(offer, today[offer], day).encode()


def content(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in FILES if (folder / name).exists()}


def set_price(offer: str, name: str, usd: str) -> Edit:
    def edit(prices: dict[str, dict[str, str]]) -> None:
        prices[offer][name] = usd

    return edit


def test_what_moved_is_told_and_written_with_its_day_and_list(folder: Path) -> None:
    def edit(prices: dict[str, dict[str, str]]) -> None:
        prices["AmazonEC2"]["g5.xlarge"] = "1.2"
        prices["AmazonCloudWatch"]["flow_log_gb"] = "0.25"

    done = run(lists(edit))
    assert done.exit_code == 0, done.exception
    for told in ("g5.xlarge", "1.123", "1.2", "flow_log_gb", "0.285", "0.25", "2 moved; written"):
        assert told in done.output
    known = load(folder)
    (one, other) = known.instance("g5.xlarge", REGION), known.service("flow_log_gb", REGION)
    assert isinstance(one, Price)
    assert isinstance(other, Price)
    assert (str(one.usd), str(one.date), str(other.usd)) == ("1.2", "2026-11-27", "0.25")
    assert one.source.endswith(f"/offers/v1.0/aws/AmazonEC2/{VERSION}/{REGION}/index.csv")
    # Other regions and prices by spot stay as they were read.
    before = load(FOLDER)
    assert known.spot == before.spot
    assert {key: price for key, price in known.on_demand.items() if key[1] != REGION} == {
        key: price for key, price in before.on_demand.items() if key[1] != REGION
    }
    # Rows stand where they stood: but for the source, the same prices give the same file.
    names = [line.split(",")[:2] for line in (folder / "ec2.csv").read_text().splitlines()]
    assert names == [line.split(",")[:2] for line in (FOLDER / "ec2.csv").read_text().splitlines()]
    # And again: nothing moves.
    assert "0 moved; written" in run(lists(edit)).output


def test_a_check_writes_nothing(folder: Path) -> None:
    before = content(folder)
    assert (
        "1 moved; nothing is written"
        in run(lists(set_price("AmazonEKS", "cluster_hour", "0.12")), "--check").output
    )
    assert content(folder) == before


def test_a_price_that_jumps_needs_somebodys_word(folder: Path) -> None:
    answer, before = lists(set_price("AmazonEC2", "nat_hour", "4.8")), content(folder)
    refused = run(answer)
    assert isinstance(refused.exception, RefreshRefused)
    assert "nat_hour in eu-west-1" in str(refused.exception)
    assert content(folder) == before
    assert run(answer, "--accept-jumps").exit_code == 0
    assert content(folder) != before


def test_prices_by_spot_above_the_new_ones_are_taken_out_and_told(folder: Path) -> None:
    spot = load(FOLDER).spot["g5.xlarge", REGION].usd
    done = run(lists(set_price("AmazonEC2", "g5.xlarge", str(spot * 9 / 10))), "--accept-jumps")
    assert "by spot, g5.xlarge in eu-west-1: above the new price on demand, taken out" in done.output
    assert ("g5.xlarge", REGION) not in load(folder).spot


def without(offer: str, name: str) -> Edit:
    def edit(prices: dict[str, dict[str, str]]) -> None:
        del prices[offer][name]

    return edit


def cut(offer: str) -> Callable[[str], bytes]:
    whole = lists()
    return lambda asked: whole(asked)[:3000] + CUT if asked == offer else whole(asked)


def instead(offer: str, content: bytes | None) -> Callable[[str], bytes | None]:
    whole = lists()
    return lambda asked: content if asked == offer else whole(asked)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lists(without("AmazonEC2", "g5.xlarge")), "lacks what has a price today (g5.xlarge)"),
        (lists(without("AmazonVPC", "vpn_hour")), "lacks what has a price today (vpn_hour)"),
        (lists(without("awskms", "key_month")), "lacks what has a price today (key_month)"),
        (cut("AmazonS3"), "bytes: try again"),
        (cut("AmazonEC2"), "bytes: try again"),
        (instead(EKS, None), "cannot be read"),
        (instead(EKS, b"<html>gone</html>"), "line 1 does not tell its FormatVersion"),
        (instead(EKS, b""), "is no price list"),
        (instead(EKS, lists()("AWSELB")), "is the list of AWSELB, not of AmazonEKS"),
        (instead(EKS, lists()(EKS)[:-40]), "ends in the middle, or is damaged"),
        (instead(EKS, lists()(EKS).replace(b'"0.10"', b'"dear"')), "'dear' is no price"),
        (instead(EKS, lists()(EKS).replace(b"PricePerUnit", b"Price")), "no column PricePerUnit"),
        (instead(EKS, lists()(EKS).replace(b'"0.0000001"', b'"0.5"').replace(b'"10240"', b'"1"')),
         "has two prices of cluster_hour, 0.10 and 0.5"),
        (lists(day="2026-01-01"), "is of 2026-01-01, and what is here of"),
        (lists(day="soon"), "is published on no day"),
    ],
)  # fmt: skip
def test_what_is_not_whole_refuses_all_of_it(
    folder: Path, answer: Callable[[str], bytes | None], says: str
) -> None:
    before = content(folder)
    done = run(answer)
    assert isinstance(done.exception, RefreshRefused), done.output
    assert says in str(done.exception)
    assert content(folder) == before


def test_regions_are_those_of_the_catalogue(folder: Path) -> None:
    done = CliRunner().invoke(
        app, ["prices", "refresh", "--region", "moon-1", "--from", "http://127.0.0.1:9"]
    )
    assert "moon-1 is no region" in str(done.exception)
    done = CliRunner().invoke(app, ["prices", "refresh", "--region", REGION, "--from", "file:///etc/passwd"])
    assert "begins with https://" in str(done.exception)
    assert content(folder) == content(FOLDER)


def test_every_item_of_the_price_files_is_known_to_the_lists() -> None:
    known = {item for item, _ in load(FOLDER).services}
    assert known <= {*price_files_items()}


def price_files_items() -> Iterator[str]:
    from infra.review.cost.refresh.find import items

    yield from items()
