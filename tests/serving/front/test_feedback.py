"""Feedback: on the disk before it is acknowledged, once for each key, never under a customer's own id."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from serving.front.spool import FINISHED, OPEN
from tests.serving.front.fronts import NOBODY, front_of, refused
from tests.serving.front.stand_in_triton import ANN, RELEASE

URL = "/v1/feedback"


def event(**given: Any) -> dict[str, Any]:
    said = {"event": "shown", "customer": ANN, "product": "P1", "at": "2026-11-28T12:00:00+01:00"}
    return said | given


def send(client: httpx.Client, key: str, *events: dict[str, Any]) -> httpx.Response:
    return client.post(URL, json={"key": key, "events": events or [event()]})


def spooled(folder: Path) -> list[dict[str, Any]]:
    files = sorted(folder.glob(f"{FINISHED}*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def test_events_are_lines_of_the_spool_once_for_each_key(tmp_path: Path) -> None:
    with front_of(NOBODY, spool={"folder": str(tmp_path)}) as client:
        taken = send(client, "key-0001", event(), event(event="bought", rank=2, release=RELEASE))
        assert (taken.status_code, taken.json()) == (202, {"events": 2, "repeated": False})
        again = send(client, "key-0001", event(), event(event="bought", rank=2, release=RELEASE))
        assert (again.status_code, again.json()) == (202, {"events": 2, "repeated": True})
        assert "other events" in refused(send(client, "key-0001", event(product="P2")), 409)
        assert not spooled(tmp_path), "what is being filled is nobody's to take"
    first, second = spooled(tmp_path)
    assert first["at"] == "2026-11-28T11:00:00.000+00:00"
    assert (first["customer"], first["product"], first["caller"]) == (ANN, "P1", "anonymous")
    assert (second["event"], second["rank"], second["release"]) == ("bought", 2, RELEASE)
    assert second["id"] == first["id"].removesuffix("0") + "1"
    with front_of(NOBODY, spool={"folder": str(tmp_path)}) as client:
        assert send(client, "key-0001", event(), event(event="bought", rank=2, release=RELEASE)).json()[
            "repeated"
        ], "a front that was started again knows the keys that wait in the spool"
        refused(send(client, "key-0001"), 409)
    assert len(spooled(tmp_path)) == 2


def test_many_at_once_by_few_keys_are_each_written_once(tmp_path: Path) -> None:
    with front_of(NOBODY, spool={"folder": str(tmp_path)}) as client, ThreadPoolExecutor(16) as pool:
        told = [one.json() for one in pool.map(lambda n: send(client, f"key-{n % 40:04}"), range(200))]
    assert sum(not one["repeated"] for one in told) == 40
    assert len({line["id"] for line in spooled(tmp_path)}) == len(spooled(tmp_path)) == 40


def test_no_customer_is_kept_under_its_own_id(tmp_path: Path) -> None:
    with front_of(NOBODY, spool={"folder": str(tmp_path)}) as client:
        assert "no pseudonym" in refused(send(client, "key-0001", event(customer="14911")), 422)
    named = {"14911": ANN}
    with front_of(
        NOBODY, pseudonym=lambda name: named.get(name, name), spool={"folder": str(tmp_path)}
    ) as client:
        assert send(client, "key-0001", event(customer="14911")).status_code == 202
    assert [line["customer"] for line in spooled(tmp_path)] == [ANN]
    assert "key-0001" not in json.dumps(spooled(tmp_path)), "a caller may build its keys of ids"


def test_files_are_finished_by_size_and_a_full_spool_refuses(tmp_path: Path) -> None:
    limits = {"folder": str(tmp_path), "file_bytes": 1024, "most_bytes": 4096}
    with front_of(NOBODY, spool=limits) as client:
        statuses = [send(client, f"key-{n:04}").status_code for n in range(30)]
        taken = statuses.count(202)
        assert statuses == [202] * taken + [503] * (30 - taken)
        assert 8 < taken < 20
        assert "wait in the spool" in refused(send(client, "key-9999"), 503)
        assert len(list(tmp_path.glob(f"{FINISHED}*.jsonl"))) >= 3
    assert len(spooled(tmp_path)) == taken


def test_a_front_without_a_spool_says_so() -> None:
    with front_of(NOBODY) as client:
        assert "has no spool" in refused(send(client, "key-0001"), 503)


def test_a_disk_that_refuses_is_told_and_the_same_key_may_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with front_of(NOBODY, spool={"folder": str(tmp_path)}) as client:
        assert send(client, "key-0001").status_code == 202
        with monkeypatch.context() as broken:
            broken.setattr("serving.front.spool.os.fsync", _full)
            assert "cannot be written" in refused(send(client, "key-0002"), 503)
        assert send(client, "key-0002").json() == {"events": 1, "repeated": False}
    assert len(spooled(tmp_path)) == 2


def _full(_: int) -> None:
    raise OSError(28, "No space left on device")


def test_a_killed_front_loses_no_event_that_it_acknowledged(tmp_path: Path) -> None:
    process, client = started(tmp_path)
    with client:
        acknowledged = [f"key-{n:04}" for n in range(20) if send(client, f"key-{n:04}").status_code == 202]
        process.kill()
        process.wait()
    (left,) = tmp_path.glob(f"{OPEN}*")
    with left.open("ab") as file:
        file.write(b'{"id": "half a li')
    assert not spooled(tmp_path)
    with front_of(NOBODY, spool={"folder": str(tmp_path)}) as client:
        assert len(spooled(tmp_path)) == len(acknowledged) == 20
        assert send(client, "key-0000").json()["repeated"]


def test_a_front_that_is_told_to_end_answers_what_comes_until_then(tmp_path: Path) -> None:
    process, client = started(tmp_path, "times: {drain_s: 600.0}")
    told: list[int] = []
    ended = threading.Event()

    def keep_sending() -> None:
        while not ended.is_set():
            with httpx.Client(base_url=client.base_url, trust_env=False, timeout=30) as own:
                told.append(send(own, f"key-{len(told):06}").status_code)

    with client, ThreadPoolExecutor(1) as pool:
        sender = pool.submit(keep_sending)
        try:
            wait_for(told, 5, process)
            process.send_signal(signal.SIGTERM)
            while not (answered := client.get("/readyz")).json()["draining"]:
                assert answered.status_code in (200, 503)
            assert answered.status_code == 503
            assert answered.headers["connection"] == "close"
            wait_for(told, len(told) + 20, process)
        finally:
            ended.set()
        sender.result()
        process.send_signal(signal.SIGTERM)  # the second ends the drain
        assert process.wait(60) == 0
    assert set(told) == {202}
    assert len(spooled(tmp_path)) == len(told)
    assert not list(tmp_path.glob(f"{OPEN}*"))


def wait_for(told: list[int], count: int, process: subprocess.Popen[str]) -> None:
    while len(told) < count:
        assert process.poll() is None, "it ended while requests came"
        time.sleep(0.01)


def started(spool: Path, more: str = "") -> tuple[subprocess.Popen[str], httpx.Client]:
    """A front in a process of its own, as a user starts it, and a client of it."""
    settings = spool.parent / f"{spool.name}.yaml"
    settings.write_text(f"anonymous: true\ntriton: [{NOBODY}]\nspool: {{folder: {spool}}}\n{more}\n")
    command = [sys.executable, "-m", "isthmus.cli.main", "front", "run", "--settings", str(settings)]
    environment = {name: value for name, value in os.environ.items() if name != "PSEUDONYM_KEY"}
    process = subprocess.Popen([*command, "--port", "0"], stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    # The log may come first: what an earlier front left is told.
    line = next(line for line in process.stdout if line.startswith("front: "))
    threading.Thread(target=process.stdout.read, daemon=True).start()
    return process, httpx.Client(base_url=line.split()[1], trust_env=False, timeout=30)
