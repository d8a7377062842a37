"""The journal: what it says after any history equals what a plain model says; it survives torn lines."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rehearsal.plugins.journal import Journal

URN = "urn:pulumi:s::p::parent$aws:s3/bucket:Bucket::"
# An alias keeps stack, project and type: only a and b can be one another's.
URNS = {
    "a": URN + "a",
    "b": "urn:pulumi:s::p::aws:s3/bucket:Bucket::b",
    "of another type": "urn:pulumi:s::p::parent$aws:s3/bucketPolicy:BucketPolicy::a",
    "of another project": "urn:pulumi:s::q::parent$aws:s3/bucket:Bucket::a",
    "of another stack": "urn:pulumi:t::p::parent$aws:s3/bucket:Bucket::a",
}
KIND = {urn: "bucket" if name in ("a", "b") else name for name, urn in URNS.items()}
steps = st.lists(
    st.tuples(
        st.sampled_from(["created", "known", "deleted", "new session"]),
        st.sampled_from([*URNS]),
        st.sampled_from(["1", "2"]),
    ),
    max_size=30,
)


@settings(max_examples=60)
@given(steps=steps)
@example(steps=[("created", "a", "1"), ("created", "b", "1"), ("deleted", "a", "1")])
@example(steps=[("created", "a", "1"), ("created", "b", "1"), ("known", "b", "1")])
@example(steps=[("created", "a", "1"), ("deleted", "b", "1")])
def test_any_history_is_remembered(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("journal")
    journal, session = Journal(folder), 0
    model: dict[tuple[str, str], list[object]] = {}  # (urn, id) -> [session, known]
    for step, name, id in steps:
        urn = URNS[name]
        if step == "new session":
            journal.end()
            journal, session = Journal(folder), session + 1
        elif step == "created":
            journal.created(urn, id, {"n": 1})
            model.pop((urn, id), None)
            model[urn, id] = [session, False]
        else:
            getattr(journal, step)(urn, id)
            # What is noted under the very urn comes first. Only where nothing is, an earlier urn of the same
            # stack, project and type is an alias, and the id says which resource it is.
            aliases = [key for key in model if key[1] == id and KIND[key[0]] == KIND[urn]]
            for key in [(urn, id)] if (urn, id) in model else aliases:
                if step == "known":
                    model[key][1] = True
                else:
                    del model[key]
        for urn in URNS.values():
            expected = [i for (u, i), (s, k) in model.items() if u == urn and s != session and not k]
            assert [entry.id for entry in journal.forgotten(urn)] == expected[::-1]
    again = Journal(folder)
    assert [(e.urn, e.id, e.known) for e in again.entries()] == [
        (u, i, k) for (u, i), (_, k) in model.items()
    ]
    journal.end()


def test_a_torn_line_costs_that_line_only(tmp_path: Path) -> None:
    first = Journal(tmp_path)
    first.created(URN + "a", "1", {})
    first.end()
    with first.path.open("a") as file:
        file.write('{"op": "created", "urn": "urn')
    second = Journal(tmp_path)
    second.created(URN + "b", "2", {})
    assert [entry.id for entry in Journal(tmp_path).entries()] == ["1", "2"]
    second.end()


def test_it_stays_short(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for _ in range(300):
        journal.created(URN + "a", "1", {})
        journal.deleted(URN + "a", "1")
    journal.created(URN + "b", "2", {"k": [1, {"x": None}]}, "run")
    journal.end()
    assert [(e.id, e.inputs, e.instance) for e in Journal(tmp_path).entries()] == [
        ("2", {"k": [1, {"x": None}]}, "run")
    ]
    assert len(journal.path.read_text().splitlines()) == 1


def _write(folder: str, name: str) -> None:
    journal = Journal(Path(folder))
    for number in range(40):
        journal.created(URN + name, f"{name}{number}", {})
    journal.end()


def test_processes_write_side_by_side(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=_write, args=(str(tmp_path), name)) for name in "xyz"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert {entry.id for entry in Journal(tmp_path).entries()} == {
        f"{n}{i}" for n in "xyz" for i in range(40)
    }


WORKER = """
import os, sys, time
from pathlib import Path
from rehearsal.plugins.journal import Journal
# The engine: starts the plugin, and is killed while that is inside a call.
if os.fork() == 0:
    journal = Journal(Path(sys.argv[1]))
    journal.begin()
    print("begun", flush=True)
    while os.getppid() != 1 and not Path(sys.argv[1], "go").exists():
        time.sleep(0.02)
    while not Path(sys.argv[1], "go").exists():
        time.sleep(0.02)
    journal.created(sys.argv[2], "late", {})
    os._exit(0)
time.sleep(60)
"""


def test_a_plugin_waits_for_one_whose_engine_was_killed(tmp_path: Path) -> None:
    engine = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(tmp_path), URN + "a"], stdout=subprocess.PIPE
    )
    assert engine.stdout is not None
    assert engine.stdout.readline() == b"begun\n"
    engine.kill()
    engine.wait()
    waiter = multiprocessing.get_context("spawn").Process(target=_forgotten, args=(str(tmp_path),))
    waiter.start()
    waiter.join(0.5)
    assert waiter.is_alive(), "it did not wait for the plugin that is still at work"
    (tmp_path / "go").touch()
    waiter.join()
    assert (tmp_path / "seen").read_text() == "late"


def _forgotten(folder: str) -> None:
    found = Journal(Path(folder)).forgotten(URN + "a")
    Path(folder, "seen").write_text(" ".join(entry.id for entry in found))
    os._exit(0)


def test_two_clusters_hold_objects_of_the_same_type_and_id(tmp_path: Path) -> None:
    """Their urns tell them apart: what is known of one says nothing of the other."""
    sites = ("aws", "private")
    urns = [f"urn:pulumi:local::isthmus::kubernetes:core/v1:Namespace::{site}" for site in sites]
    journal = Journal(tmp_path)
    for urn, site in zip(urns, sites, strict=True):
        journal.created(urn, "training", {}, f"of {site}", site)
    found = [journal.entry(urn, "training", site) for urn, site in zip(urns, sites, strict=True)]
    assert [entry.instance for entry in found if entry] == ["of aws", "of private"]
    for _ in range(2):
        journal.deleted(urns[0], "training", "aws")
        assert [entry.urn for entry in journal.entries()] == [urns[1]]
        assert journal.entry(urns[0], "training", "aws") is None
    journal.end()
    assert [entry.scope for entry in Journal(tmp_path).entries()] == ["private"]


def test_a_cluster_made_again_holds_what_it_holds_whatever_goes_from_the_one_before(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for scope in ("the old", "the new"):
        journal.created(URN + "a", "training", {}, "", scope)
    journal.deleted(URN + "a", "training", "the old")
    assert [entry.scope for entry in journal.entries()] == ["the new"]
    journal.deleted(URN + "a", "training", "the new")
    assert journal.entries() == []
