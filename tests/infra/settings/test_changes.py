"""The table of changes: a row for each setting, a play for each row, and a page that says the same."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from ipaddress import IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.settings import carve
from infra.settings.changes import CHANGES, NOUNS, change_of
from infra.settings.changes.beforehand import Standing, output, refusals, taken, warnings
from infra.settings.checking import check
from infra.settings.keys import NAME, keys, values
from infra.settings.model import Settings
from infra.settings.subnets import places, room
from tests.rehearsal.standing.plays import NOT_HERE, config, plays

ZONES = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=6, unique=True).map(
    lambda letters: tuple(f"eu-west-1{letter}" for letter in letters)
)


def settings(**changes: object) -> Settings:
    sections = config({key.replace("__", "."): value for key, value in changes.items()})
    return check("f", "local", {f"isthmus:{name}": each for name, each in sections.items()})


def test_every_setting_has_a_row_and_every_row_a_setting() -> None:
    assert Counter(keys()) == Counter(list(CHANGES))


def test_every_setting_is_played_or_says_why_not() -> None:
    played = {play.key for play in plays()}
    missing = [key for key in keys() if key not in NOT_HERE and not _is_played(key, played)]
    assert not missing
    assert set(NOT_HERE) <= set(keys())


def _is_played(key: str, played: set[str]) -> bool:
    return any(
        change_of(other) is CHANGES[key] and len(other.split(".")) == len(key.split(".")) for other in played
    )


def test_rows_speak_of_what_has_a_name() -> None:
    for key, row in CHANGES.items():
        assert set(row.what) <= set(NOUNS.values()), key
        assert not row.warns or row.note, key
        assert bool(row.what) == (row.effect in ("made again", "added or removed")), key
        assert row.effect != "refused" or row.note, key


def test_values_go_by_the_keys_of_the_models() -> None:
    known = set(keys())
    for key in values(settings()):
        if key == "stack":
            continue
        by_name = key.split(".")
        if by_name[1] in ("gpu_pools", "cpu_pools"):
            by_name[2] = NAME
        assert ".".join(by_name) in known


def test_an_estate_of_the_same_settings_is_told_nothing() -> None:
    now = settings()
    stands = Standing.of(output(now, Standing()))
    assert [*refusals(now, stands), *warnings(now, stands)] == []
    # As the engine hands outputs back: one kind of number.
    stands = replace(
        stands, settings={k: float(v) if isinstance(v, int) else v for k, v in stands.settings.items()}
    )
    assert list(warnings(now, stands)) == []


def test_another_region_is_refused_and_another_network_is_warned_of() -> None:
    stands = Standing.of(output(settings(), Standing()))
    moved = settings(
        aws__region="eu-central-1",
        aws__network__zones=["eu-central-1a", "eu-central-1b"],
        aws__network__cidr="10.17.0.0/16",
    )
    (refused,) = refusals(moved, stands)
    assert refused.path == "aws.region"
    assert '"eu-west-1" again' in str(refused)
    (warned,) = warnings(moved, stands)
    assert warned.startswith('aws.network.cidr: "10.16.0.0/16" becomes "10.17.0.0/16". ')


def test_only_fewer_days_are_warned_of() -> None:
    stands = Standing.of(output(settings(), Standing()))
    assert not list(warnings(settings(aws__object_store__arrivals_days=500), stands))
    (warned,) = warnings(settings(aws__object_store__arrivals_days=30), stands)
    assert "400 becomes 30" in warned


def test_what_was_absent_is_known_to_have_been() -> None:
    stood = settings(link__private_gateway="vpnaas", link__mtu_bytes=1400)
    stands = Standing.of(output(stood, Standing()))
    moved = settings(link__private_gateway="vpnaas", link__gateway_address="203.0.113.10")
    (warned,) = warnings(moved, stands)
    assert warned.startswith('link.gateway_address: null becomes "203.0.113.10". ')
    stands = Standing.of(output(settings(), Standing()))
    assert not list(warnings(settings(serving__sites=["openstack", "aws"]), stands))


def test_nothing_is_secret_in_what_an_estate_says_of_itself() -> None:
    now = settings()
    keys_of_the_rehearsal = now.openstack.throw_away_keys
    assert keys_of_the_rehearsal is not None
    text = str(output(now, Standing()))
    for value in keys_of_the_rehearsal.model_dump().values():
        assert value == "rehearsal" or value not in text


@given(ZONES, st.randoms(use_true_random=False))
def test_no_order_of_zones_moves_a_subnet(zones: tuple[str, ...], random: object) -> None:
    vpc = IPv4Network("10.16.0.0/16")
    shuffled = list(zones)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert {subnets.zone: subnets for subnets in carve(vpc, zones)} == {
        subnets.zone: subnets for subnets in carve(vpc, tuple(shuffled))
    }


@given(
    st.sampled_from(["10.16.0.0/16", "10.16.0.0/17", "10.16.0.0/18"]), st.lists(ZONES, min_size=1, max_size=6)
)
def test_no_zone_that_comes_or_goes_moves_one_that_stays(cidr: str, days: list[tuple[str, ...]]) -> None:
    vpc = IPv4Network(cidr)
    stands: dict[str, int] = {}
    for zones in days:
        today = zones[: room(vpc)]
        now = places(room(vpc), today, stands)
        assert {zone: now[zone] for zone in now.keys() & stands.keys()} == {
            zone: stands[zone] for zone in now.keys() & stands.keys()
        }
        assert sorted(now) == sorted(today)
        assert len(set(now.values())) == len(now)
        assert all(0 <= part < room(vpc) for part in now.values())
        stands = now


def test_zones_of_an_estate_in_another_order_stay_where_they_are() -> None:
    stands = Standing(zones={"eu-west-1b": 0, "eu-west-1a": 1})
    now = settings(aws__network__zones=["eu-west-1a", "eu-west-1b", "eu-west-1c"])
    carved = carve(now.aws.network.cidr, now.aws.network.zones, taken(now, stands))
    assert [str(zone.private) for zone in carved] == ["10.16.32.0/20", "10.16.16.0/20", "10.16.48.0/20"]
    assert output(now, stands)["zones"] == {"eu-west-1b": 0, "eu-west-1a": 1, "eu-west-1c": 2}


@pytest.mark.parametrize("value", [None, "x", {}, {"settings": None}, {"settings": [], "zones": 3}])
def test_an_output_of_another_shape_says_nothing(value: object) -> None:
    assert Standing.of(value) == Standing()
