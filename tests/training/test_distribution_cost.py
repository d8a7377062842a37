"""The model of what distribution costs keeps to what must hold of any network."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.fit.distribution_cost import (
    CATALOGUE,
    ETHERNET_10,
    MARKET_PLACE,
    SCHEMES,
    VPN,
    Network,
    dense_step,
    network_of,
    over_link,
    overhead,
    ring,
    sharded_step,
    sparse_step,
    table,
    weak,
)


def test_a_ring_of_two_sends_half_twice() -> None:
    assert ring(Network(0.001, 1e6), 2, 1e6) == pytest.approx(1.0 + 0.002)
    assert ring(Network(0.001, 1e6), 1, 1e6) == 0


@given(st.integers(2, 512), st.floats(1, 1e12))
def test_a_ring_sends_less_than_twice_the_bytes_however_many_there_are(workers: int, size: float) -> None:
    network = Network(0.0, 1.0)
    assert size <= ring(network, workers, size) * (1 + 1e-9)
    assert ring(network, workers, size) < 2 * size * (1 + 1e-9)


@given(st.floats(0, 0.1), st.floats(1e3, 1e11))
def test_two_measurements_give_back_the_network(latency: float, bandwidth: float) -> None:
    real = Network(latency, bandwidth)
    found = network_of((1e3, ring(real, 2, 1e3)), (1e8, ring(real, 2, 1e8)))
    assert found.bandwidth == pytest.approx(bandwidth, rel=1e-3)
    assert found.latency == pytest.approx(latency, rel=1e-3, abs=1e-7)


@pytest.mark.parametrize("scheme", [name for name in SCHEMES if "server" not in name])
def test_one_worker_pays_nothing(scheme: str) -> None:
    assert overhead(1, CATALOGUE, SCHEMES[scheme](ETHERNET_10, 1, CATALOGUE)) == 0


def test_what_the_document_says() -> None:
    """The catalogue of this log is added up whole; a table of many GiB is not, and is better divided."""
    assert overhead(2, CATALOGUE, dense_step(ETHERNET_10, 2, CATALOGUE)) < 0.25
    assert dense_step(ETHERNET_10, 4, CATALOGUE) < sparse_step(ETHERNET_10, 4, CATALOGUE)
    large = weak(MARKET_PLACE, 8)
    assert sharded_step(ETHERNET_10, 8, large) < sparse_step(ETHERNET_10, 8, large)
    assert sparse_step(ETHERNET_10, 8, large) < dense_step(ETHERNET_10, 8, large)
    assert dense_step(VPN, 2, CATALOGUE) > 1.25 * dense_step(ETHERNET_10, 2, CATALOGUE)


def test_a_transfer_takes_the_bytes_over_the_rate_and_a_few_round_trips() -> None:
    assert over_link(1e9, 100) == pytest.approx(80, rel=0.01)
    assert over_link(0, 1250, round_trip=0.02) < 0.3


def test_a_table_has_a_row_for_each_number_of_workers() -> None:
    rows = table(ETHERNET_10, CATALOGUE, workers=(1, 2))
    assert [row[0] for row in rows] == ["workers", "1", "2"]
    assert {len(row) for row in rows} == {1 + len(SCHEMES)}
