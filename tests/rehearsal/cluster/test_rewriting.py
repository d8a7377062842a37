"""What stands in for a container's kernel and DNS, on words of every kind."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.cluster.rewriting import expand, move_paths, resolve_hosts

names = st.text(string.ascii_uppercase + "_", min_size=1, max_size=6)
texts = st.text(st.characters(codec="ascii", exclude_characters="$"), max_size=30)
labels = st.text(string.ascii_lowercase, min_size=1, max_size=8)
paths = st.lists(labels, min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts))


@given(names, texts, texts, texts)
def test_a_reference_becomes_its_value_and_a_doubled_dollar_stays_one(
    name: str, value: str, before: str, after: str
) -> None:
    assert expand(f"{before}$({name}){after}", {name: value}) == f"{before}{value}{after}"
    assert expand(f"{before}$$({name}){after}", {name: value}) == f"{before}$({name}){after}"
    assert expand(f"{before}$({name}){after}", {}) == f"{before}$({name}){after}"


@given(texts, st.dictionaries(names, texts))
def test_text_without_references_stays(text: str, variables: dict[str, str]) -> None:
    assert expand(text, variables) == text


@given(paths, paths, st.sampled_from(["", "--model-repository=", "file://", "a,", "x:", '"']))
def test_a_path_below_a_mount_moves_as_a_whole(mount: str, rest: str, before: str) -> None:
    assert move_paths(before + mount + rest, {mount: "/pod/place"}) == f"{before}/pod/place{rest}"
    assert move_paths(before + mount, {mount: "/pod/place"}) == f"{before}/pod/place"


@given(paths, labels)
def test_a_path_that_only_begins_alike_stays(mount: str, more: str) -> None:
    for text in (f"{mount}{more}", f"{mount}-{more}", f"/other{mount}", f"s3:/{mount}", f"{more}{mount}"):
        assert move_paths(text, {mount: "/pod/place"}) == text


@given(paths, labels)
def test_the_longest_mount_wins(mount: str, below: str) -> None:
    places = {mount: "/outer", f"{mount}/{below}": "/inner"}
    assert move_paths(f"{mount}/{below}/x", places) == "/inner/x"
    assert move_paths(f"{mount}/{below}x", places) == f"/outer/{below}x"


def test_a_path_of_this_machine_stays() -> None:
    text = "file:///box/clone/data,/box/scratch"
    moved = move_paths(text, {"/box": "/pod"}, lambda path: path.startswith("/box/clone"))
    assert moved == "file:///box/clone/data,/pod/scratch"


def lookup(name: str, port: int | None) -> str | None:
    if name == "web" and port == 80:
        return "127.77.1.3:8080"
    known = {"train": "127.77.1.2", "train-0.train": "127.77.1.1", "web.ns.svc.cluster.local": "127.77.1.3"}
    return known.get(name)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("train-0.train:2222,train-0.train:2223", "127.77.1.1:2222,127.77.1.1:2223"),
        ("http://web.ns.svc.cluster.local/v2", "http://127.77.1.3/v2"),
        ("http://web:80/v2", "http://127.77.1.3:8080/v2"),
        ("grpc://train", "grpc://127.77.1.2"),
        # Words that are no hosts.
        ("training.jobs.train", "training.jobs.train"),
        ("train", "train"),
        ("/train:/models", "/train:/models"),
        ("train-1.train:2222", "train-1.train:2222"),
        ("s3://bucket/train-0.train", "s3://bucket/train-0.train"),
        ("train_0", "train_0"),
    ],
)
def test_names_become_addresses_only_where_they_are_hosts(text: str, expected: str) -> None:
    assert resolve_hosts(text, lookup) == expected


@given(st.text(st.characters(codec="ascii"), max_size=60))
def test_text_without_known_names_stays(text: str) -> None:
    assert resolve_hosts(text, lambda name, port: None) == text
