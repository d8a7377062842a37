"""A pool by need: what a region offers that has enough, the cheapest first."""

from __future__ import annotations

from decimal import Decimal

import pytest
from typer.testing import CliRunner

from infra.review.cost.by_need import by_need
from infra.review.cost.price import Price
from infra.settings.catalogue import instance_types, offers, zones
from infra.settings.catalogue.need import Need
from isthmus.cli.main import app

ONE_OF_24_GB = Need.of_gpus(1, 24, "8.0")


def names(need: Need, region: str) -> list[str]:
    return [offer.machine.name for offer in by_need(need, region)]


def test_one_gpu_of_24_gb_is_an_a10g_where_no_l4_is_offered_and_an_l4_elsewhere() -> None:
    # EC2 does not offer g6 in eu-west-1 (infra/settings/catalogue/offerings.yaml, 2026-11-28).
    assert not offers("eu-west-1", "g6.xlarge")
    assert names(ONE_OF_24_GB, "eu-west-1")[0] == "g5.xlarge"
    assert names(ONE_OF_24_GB, "us-east-1")[0] == "g6.xlarge"


@pytest.mark.parametrize("region", list(zones()))
def test_a_list_by_need_has_what_fits_and_is_offered_and_ends_with_what_has_no_price(region: str) -> None:
    found = by_need(ONE_OF_24_GB, region)
    listed = {offer.machine.name for offer in found}
    for machine in instance_types().values():
        enough = machine.gpu_memory_gib >= 22.4 and float(machine.compute_capability or 0) >= 8
        assert (machine.name in listed) == (enough and offers(region, machine.name)), machine.name
    prices = [offer.price.usd if isinstance(offer.price, Price) else Decimal("Infinity") for offer in found]
    assert prices == sorted(prices)


@pytest.mark.parametrize(
    ("memory_gb", "capability", "enough", "too_little"),
    [
        (16, "7.0", "g4dn.xlarge", None),
        (24, "8.0", "g5.xlarge", "g4dn.xlarge"),
        (48, "8.9", "g6e.xlarge", "g6.xlarge"),
        (80, "8.0", "p4de.24xlarge", "p4d.24xlarge"),
        (80, "9.0", "p5.4xlarge", "p4de.24xlarge"),
    ],
)
def test_memory_is_counted_as_its_maker_does(
    memory_gb: float, capability: str, enough: str, too_little: str | None
) -> None:
    need = Need.of_gpus(1, memory_gb, capability)
    assert need.met_by(instance_types()[enough])
    assert too_little is None or not need.met_by(instance_types()[too_little])


def test_a_compute_capability_of_two_digits_is_the_newer_one() -> None:
    newest = instance_types()["p5.4xlarge"].model_copy(update={"compute_capability": "10.0"})
    assert Need.of_gpus(1, 80, "9.0").met_by(newest)
    assert not Need.of_gpus(1, 80, "10.0").met_by(instance_types()["p5.4xlarge"])


def test_every_machine_meets_the_need_that_is_its_own() -> None:
    for machine in instance_types().values():
        assert Need.of(machine).met_by(machine)


def test_the_command_names_the_cheapest_first() -> None:
    words = ["settings", "machines", "eu-west-1", "--memory", "24", "--capability", "8.0"]
    output = CliRunner().invoke(app, words).output
    types = [line.split()[1] for line in output.splitlines() if "x" in line and "." in line.split("│")[1]]
    assert types[:2] == ["g5.xlarge", "g5.2xlarge"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["eu-west-9"], "the closest there are"),
        (["eu-west-1", "--capability", "eight"], "allowed are two numbers"),
        (["eu-west-1", "--memory", "500"], "offers no instance type of the catalogue"),
    ],
)
def test_the_command_says_in_a_sentence_what_it_cannot_answer(words: list[str], sentence: str) -> None:
    result = CliRunner().invoke(app, ["settings", "machines", *words])
    assert result.exit_code != 0
    assert sentence in str(result.exception)
