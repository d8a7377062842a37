"""What must hold for every network, budget and digest, not for the ones that we thought of."""

from __future__ import annotations

import base64
import copy
import string
from contextlib import suppress
from ipaddress import IPv4Network, ip_network
from itertools import combinations
from random import Random
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from infra.settings import SettingsError, carve
from infra.settings.checking import check
from infra.settings.checks.addresses import overlaps
from infra.settings.plain_secrets import plain_secrets
from infra.settings.subnets import room
from tests.infra.settings.drawn import GOOD

SITES = ("aws.network", "aws.cluster", "openstack.network", "openstack.cluster.pods", "openstack.cluster")


def networks(low: int = 8, high: int = 30) -> st.SearchStrategy[IPv4Network]:
    # Few distinct first octets, so that overlaps are not rare.
    return st.builds(
        lambda first, rest, prefix: IPv4Network(((first << 24) | rest, prefix), strict=False),
        st.sampled_from([10, 10, 10, 172]),
        st.integers(0, (1 << 24) - 1) | st.integers(0, 1 << 12),
        st.integers(low, high),
    )


def changed(section: str, **values: Any) -> dict[str, Any]:
    config = copy.deepcopy(GOOD)
    config.setdefault(f"isthmus:{section}", {}).update(values)
    return config


@given(st.lists(networks(), min_size=2, max_size=7))
def test_overlaps_are_those_of_ipaddress(found: list[IPv4Network]) -> None:
    named = {f"site.network{index}": network for index, network in enumerate(found)}
    wanted = {(a, b) for a, b in combinations(named, 2) if named[a].overlaps(named[b])}
    problems = list(overlaps(named))
    pairs = {(p.path, p.text.split("overlaps ")[1].split(" ")[0]) for p in problems}
    assert pairs == wanted
    assert len(problems) == len(wanted)


@settings(max_examples=60)
@given(networks(16, 18), networks(16, 24))
def test_a_whole_file_is_refused_exactly_when_its_networks_overlap(
    vpc: IPv4Network, other: IPv4Network
) -> None:
    config = copy.deepcopy(GOOD)
    config["isthmus:aws"]["network"]["cidr"] = str(vpc)
    config["isthmus:openstack"]["network"]["cidr"] = str(other)
    fixed = [ip_network(text) for text in ("192.168.32.0/20", "172.16.0.0/13", "172.24.0.0/13")]
    everything = [vpc, other, *fixed]
    private = all(
        any(n.subnet_of(p) for p in map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12"))) for n in (vpc, other)
    )
    wrong = not private or any(a.overlaps(b) for a, b in combinations(everything, 2))
    if wrong:
        with pytest.raises(SettingsError):
            check("f", "dev", config)
    else:
        assert check("f", "dev", config).aws.network.cidr == vpc


@given(networks(8, 18), st.integers(1, 6))
def test_carved_subnets_lie_inside_and_never_overlap(vpc: IPv4Network, count: int) -> None:
    zones = tuple(f"eu-west-1{letter}" for letter in string.ascii_lowercase[:count])
    if count > room(vpc):
        with pytest.raises(ValueError, match="has room for"):
            carve(vpc, zones)
        return
    carved = carve(vpc, zones)
    every = [net for zone in carved for net in (zone.public, zone.private, zone.intra)]
    assert [zone.zone for zone in carved] == list(zones)
    assert all(net.subnet_of(vpc) for net in every)
    assert not any(a.overlaps(b) for a, b in combinations(every, 2))
    assert {(z.public.prefixlen, z.private.prefixlen, z.intra.prefixlen) for z in carved} == {(24, 20, 24)}


@given(networks(8, 17), st.integers(2, 5))
def test_one_more_zone_moves_no_subnet(vpc: IPv4Network, count: int) -> None:
    zones = tuple(string.ascii_lowercase[: count + 1])
    assert carve(vpc, zones)[:count] == carve(vpc, zones[:count])


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**9), 10**9))
def test_a_budget_is_never_negative(usd: float) -> None:
    config = changed("budget", usd_per_month=usd)
    if usd < 0:
        with pytest.raises(SettingsError, match=r"budget\.usd_per_month: is -"):
            check("f", "dev", config)
    else:
        assert check("f", "dev", config).budget.usd_per_month == usd


@given(st.text(alphabet="0123456789abcdef", min_size=62, max_size=66) | st.text(max_size=70))
def test_a_release_is_64_hexadecimal_digits(digits: str) -> None:
    config = changed("serving", release=f"sha256:{digits}")
    if len(digits) == 64 and set(digits) <= set("0123456789abcdef"):
        assert check("f", "dev", config).serving.release == f"sha256:{digits}"
    else:
        with pytest.raises(SettingsError):
            check("f", "dev", config)


@given(st.randoms(use_true_random=True), st.integers(32, 64))
@example(Random(1419), 32)  # noqa: S311 - the key has no digit
def test_random_keys_in_base64_do_not_pass_as_text(random: Random, length: int) -> None:
    key = base64.b64encode(random.randbytes(length)).decode()
    assert list(plain_secrets("openstack", {"keys": key})), key


@pytest.mark.parametrize(
    "name",
    [
        "Isthmus-Production-Recommender-Shop-Customers-Keys",
        "ThisIsAVeryLongNameOfSomethingReallyBigAndImportant",
        "TheFiveBoxingWizardsJumpQuicklyOverMyVexedLlama",
    ],
)
def test_names_of_words_are_no_keys(name: str) -> None:
    assert not list(plain_secrets("openstack", {"keys": name}))


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(["aws", "openstack", "link", "training", "serving", "budget"]), st.data())
def test_whatever_stands_there_the_answer_is_a_sentence(section: str, data: st.DataObject) -> None:
    config = copy.deepcopy(GOOD)
    known = config.get(f"isthmus:{section}") or {}
    junk = data.draw(JUNK)
    if known and data.draw(st.booleans()):
        known[data.draw(st.sampled_from(sorted(known)))] = junk
    else:
        config[f"isthmus:{section}"] = junk
    with suppress(SettingsError):
        check("f", "dev", config)
        return
    with pytest.raises(SettingsError) as caught:
        check("f", "dev", config)
    lines = str(caught.value).splitlines()
    assert len(lines) == len(caught.value.problems)
    assert all(line.startswith("f: ") and line.endswith(".") for line in lines)
