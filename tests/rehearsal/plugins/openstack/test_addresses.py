"""Properties of the address rules, over all networks."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rehearsal.plugins.backend import Refused
from rehearsal.plugins.openstack import tokens as t
from tests.rehearsal.plugins.openstack.cloud import Cloud

networks = st.builds(
    lambda address, prefix: ip_network((address, prefix), strict=False),
    st.integers(0x0A000000, 0x0AFFFFFF),
    st.integers(8, 29),
)


@pytest.fixture(scope="module")
def shared() -> Iterator[Cloud]:
    with TemporaryDirectory() as folder:
        yield Cloud(Path(folder))


def check(cloud: Cloud, **inputs: object) -> dict[str, object]:
    return cloud.resource(t.SUBNET, "s", {"networkId": "n", **inputs}).inputs


@settings(max_examples=60)
@given(network=networks, data=st.data())
def test_only_pools_inside_the_network_pass(shared: Cloud, network: object, data: st.DataObject) -> None:
    first, last = int(network[0]), int(network[-1])  # type: ignore[index]
    start, end = sorted(data.draw(st.lists(st.integers(first - 40, last + 40), min_size=2, max_size=2)))
    pool = {"start": str(ip_address(start)), "end": str(ip_address(end))}
    if first <= start and end <= last:
        check(shared, cidr=str(network), allocationPools=[pool])
    else:
        with pytest.raises(Refused, match="is not inside `cidr`"):
            check(shared, cidr=str(network), allocationPools=[pool])


@settings(max_examples=60)
@given(network=networks, data=st.data())
def test_two_pools_pass_when_they_are_apart(shared: Cloud, network: object, data: st.DataObject) -> None:
    first, last = int(network[0]), int(network[-1])  # type: ignore[index]
    ends = st.lists(st.integers(first, last), min_size=2, max_size=2).map(sorted)
    one, two = data.draw(ends), data.draw(ends)
    pools = [{"start": str(ip_address(a)), "end": str(ip_address(b))} for a, b in (one, two)]
    if one[1] < two[0] or two[1] < one[0]:
        check(shared, cidr=str(network), allocationPools=pools)
    else:
        with pytest.raises(Refused, match="overlaps another pool"):
            check(shared, cidr=str(network), allocationPools=pools)


@settings(max_examples=60)
@given(address=st.integers(0x0A000000, 0x0AFFFFFF), prefix=st.integers(8, 29))
def test_a_cidr_with_host_bits_is_refused(shared: Cloud, address: int, prefix: int) -> None:
    written = f"{ip_address(address)}/{prefix}"
    network = ip_network(written, strict=False)
    if str(network) == written:
        check(shared, cidr=written)
    else:
        with pytest.raises(Refused, match=f"{network} is recommended"):
            check(shared, cidr=written)
