"""Ports of rehearsals side by side: found where they are free, kept, and told of when another has them."""

from __future__ import annotations

import random
import shutil
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from rehearsal import ports
from rehearsal.home import Home
from rehearsal.ports import PortsTaken, Wish


@pytest.fixture(autouse=True)
def _claims(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))


@pytest.fixture
def wishes() -> dict[str, Wish]:
    first = ports.free_ports(10)
    return {
        "aws.endpoint_url": Wish(first, "the stand-in for AWS"),
        "openstack.object_store_url": Wish(first + 1, "the private object store"),
        "training.base_port": Wish(first + 2, "workers of the training", 8),
    }


@contextmanager
def listening(*numbers: int) -> Iterator[None]:
    sockets = [socket.create_server(("127.0.0.1", number)) for number in numbers]
    try:
        yield
    finally:
        for one in sockets:
            one.close()


def spread(wishes: dict[str, Wish], given: dict[str, int]) -> list[int]:
    return [port + step for name, port in given.items() for step in range(wishes[name].count)]


def test_wished_ports_are_given_where_they_are_free(tmp_path: Path, wishes: dict[str, Wish]) -> None:
    given = ports.found(Home(tmp_path / "a"), wishes, standing=False)
    assert given == {name: wish.first for name, wish in wishes.items()}


def test_rehearsals_side_by_side_share_no_port_also_when_they_begin_at_once(
    tmp_path: Path, wishes: dict[str, Wish]
) -> None:
    homes = [Home(tmp_path / name) for name in "abcdef"]
    with ThreadPoolExecutor(len(homes)) as pool:
        given = list(pool.map(lambda home: ports.found(home, wishes, standing=False), homes))
    every = [port for one in given for port in spread(wishes, one)]
    assert len(set(every)) == len(every) == 10 * len(homes)
    assert [ports.found(home, wishes, standing=False) for home in homes] == given, "kept"


def test_a_taken_port_is_passed_over_before_the_estate_stands_and_kept_after(
    tmp_path: Path, wishes: dict[str, Wish]
) -> None:
    home, taken = Home(tmp_path / "a"), wishes["training.base_port"].first + 5
    with listening(taken):
        given = ports.found(home, wishes, standing=False)
        assert taken not in spread(wishes, given)
        assert given["aws.endpoint_url"] == wishes["aws.endpoint_url"].first, "the others stay as wished"
    assert ports.found(home, wishes, standing=True) == given


def test_ports_taken_under_a_standing_estate_are_one_sentence_that_names_all_of_them(
    tmp_path: Path, wishes: dict[str, Wish]
) -> None:
    home = Home(tmp_path / "a")
    given = ports.found(home, wishes, standing=False)
    two = given["openstack.object_store_url"], given["training.base_port"] + 1
    with listening(*two), pytest.raises(PortsTaken) as told:
        ports.found(home, wishes, standing=True)
    said = str(told.value)
    assert f"127.0.0.1:{two[0]} (the private object store" in said
    assert f"127.0.0.1:{two[1]} (workers of the training" in said
    assert "isthmus down --force" in said
    assert str(given["aws.endpoint_url"]) not in said
    assert ports.found(home, wishes, standing=True) == given, "nothing was exchanged"


def test_a_changed_wish_is_given_a_port_anew_and_the_others_stay(
    tmp_path: Path, wishes: dict[str, Wish]
) -> None:
    home, first = Home(tmp_path / "a"), wishes["aws.endpoint_url"].first
    with listening(first):
        before = ports.found(home, wishes, standing=False)
    assert before["aws.endpoint_url"] != first
    wished = ports.free_ports(1, range(first, first + 10))
    after = ports.found(home, wishes | {"aws.endpoint_url": Wish(wished, "AWS")}, standing=True)
    assert after == before | {"aws.endpoint_url": wished}


@pytest.mark.parametrize("ended", ["released", "removed by hand"])
def test_what_ended_holds_no_port(tmp_path: Path, wishes: dict[str, Wish], ended: str) -> None:
    home = Home(tmp_path / "a")
    given = ports.found(home, wishes, standing=False)
    if ended == "released":
        ports.release(home)
    else:
        shutil.rmtree(home.root)
    assert ports.found(Home(tmp_path / "b"), wishes, standing=False) == given


def test_a_port_that_another_home_was_given_is_drawn_by_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ports, "is_free", lambda _: True)
    given = ports.found(Home(tmp_path / "home"), {"one": Wish(23_456, "one")}, standing=False)["one"]
    draws = iter([given, 23_999])
    monkeypatch.setattr(random, "randrange", lambda *_: next(draws))
    assert ports.free_ports(1) == 23_999
