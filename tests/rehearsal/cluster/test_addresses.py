"""Addresses of pods."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.cluster import addresses
from rehearsal.cluster.addresses import Addresses
from rehearsal.home import Home


@pytest.fixture(autouse=True)
def _own_claims(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))


def home(root: Path) -> Home:
    made = Home(root)
    made.clusters.mkdir(parents=True)
    return made


def test_two_homes_never_share_an_address(tmp_path: Path) -> None:
    homes = [home(tmp_path / str(number)) for number in range(40)]
    assert len({addresses.claim(one) for one in homes}) == 40
    assert [addresses.claim(one) for one in homes] == [addresses.claim(one) for one in homes]


def test_an_address_outlives_its_agent_and_is_given_back(tmp_path: Path) -> None:
    mine = home(tmp_path / "a")
    first = Addresses(mine)
    kept, other = first.of("aws/ns/job-1/0"), first.of("aws/ns/job-1/1")
    assert kept != other
    assert Addresses(mine).of("aws/ns/job-1/0") == kept
    second = Addresses(mine)
    second.free("aws/ns/job-1")
    assert second.of("aws/ns/pod-x") == kept


def test_a_removed_home_frees_its_octet(tmp_path: Path) -> None:
    gone = home(tmp_path / "gone")
    octet = addresses.claim(gone)
    gone.clusters.rmdir()
    addresses.claim(home(tmp_path / "b"))
    assert f"{octet}.json" not in {
        path.name for path in (tmp_path / "runtime").rglob("*.json") if str(gone.root) in path.read_text()
    }
