"""The record: threads, kills, and what is written to it."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rehearsal.plugins.backend import BackendLost, Refused
from rehearsal.plugins.openstack import tokens as t
from rehearsal.plugins.openstack.record import Entry, Record
from tests.rehearsal.plugins.openstack.cloud import Cloud
from tests.rehearsal.plugins.openstack.samples import SAMPLES


def test_threads_lose_nothing(cloud: Cloud, tmp_path: Path) -> None:
    other = Cloud(tmp_path)  # another process's view of the same home

    def make(number: int) -> str:
        at = (cloud, other)[number % 2]
        return at.create(t.SEC_GROUP, f"g{number}", {"name": f"g{number}"}).id

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(make, range(40)))
    assert len(set(ids)) == 40
    assert {entry.id for entry in cloud.backend.record.read().of(t.SEC_GROUP)} == set(ids)


def test_of_two_at_once_one_gets_the_name(cloud: Cloud) -> None:
    def make(number: int) -> bool:
        try:
            cloud.create(t.KEYPAIR, f"k{number}", SAMPLES[t.KEYPAIR].inputs)
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(make, range(4))) == [False, False, False, True]


WRITER = """
import sys
from pathlib import Path
from rehearsal.plugins.openstack.record import Entry, Record
record = Record(Path(sys.argv[1]))
for number in range(100000):
    with record.change() as content:
        content.put(Entry("t", str(number % 50), {"number": number, "filler": "x" * 20000}))
        whole = number
    print(whole, flush=True)
"""


def test_a_writer_killed_at_any_moment_leaves_a_whole_record(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    for moment in range(6):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        writer.stdout.readline()  # it writes
        time.sleep(0.02 + 0.013 * moment)
        os.kill(writer.pid, signal.SIGKILL)
        said = [int(line) for line in writer.stdout.read().split()]
        writer.wait()
        content = Record(path).read()
        last = max(entry.inputs["number"] for entry in content.of("t"))
        assert last >= max(said, default=0)
        with Record(path).change() as content:  # the lock died with its holder
            content.put(Entry("after", str(moment), {}))
    assert {entry.id for entry in Record(path).read().of("after")} == {str(m) for m in range(6)}


def test_a_body_that_fails_changes_nothing(tmp_path: Path) -> None:
    record = Record(tmp_path / "record.json")
    with record.change() as content:
        content.put(Entry("t", "1", {}))
    before = record.path.read_text()

    def change_and_fail() -> None:
        with record.change() as content:
            content.put(Entry("t", "2", {}))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        change_and_fail()
    assert record.path.read_text() == before


def test_only_the_owner_reads_it(cloud: Cloud) -> None:
    cloud.create(t.KEYPAIR, "k", SAMPLES[t.KEYPAIR].inputs)
    assert stat.S_IMODE(cloud.backend.record.path.stat().st_mode) == 0o600


def test_a_lost_record_is_noticed(cloud: Cloud) -> None:
    made = cloud.create(t.SEC_GROUP, "it", {"name": "g"})
    instance = cloud.backend.instance()
    assert instance
    cloud.backend.record.path.unlink()
    assert cloud.backend.instance() == ""
    assert cloud.backend.read(made) is None
    with pytest.raises(BackendLost, match=r"record.json\) is gone, and security group"):
        cloud.update(made, {"name": "g", "description": "x"})
    cloud.create(t.NETWORK, "other", {})
    assert cloud.backend.instance() not in ("", instance)
    with pytest.raises(Refused, match=r"404: security group .* is not in the record"):
        cloud.update(made, {"name": "g", "description": "x"})
    cloud.backend.delete(made)


def test_a_damaged_record_says_what_to_do(cloud: Cloud) -> None:
    made = cloud.create(t.SEC_GROUP, "it", {"name": "g"})
    cloud.backend.record.path.write_text('{"resources": [')
    with pytest.raises(
        BackendLost, match=r"is no record of a rehearsed OpenStack cloud .* run `pulumi refresh`"
    ):
        cloud.backend.read(made)
