"""Feedback gets to a bucket: every event that was acknowledged, also past a store that refuses and a kill."""

from __future__ import annotations

import json
import logging
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from isthmus.settings.errors import SettingsError
from serving.front.settings import StoreSettings
from serving.front.spool import FINISHED, OPEN
from serving.front.store import key_of
from tests.serving.front.fronts import NOBODY, front_of, settings
from tests.serving.front.test_feedback import event, send, spooled, started

SECONDS = 60


@pytest.fixture
def bucket(s3: Any, s3_url: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """One of the test's own, at an address that the front finds as its pod does."""
    for name, value in {
        "AWS_ENDPOINT_URL": s3_url,
        "AWS_ACCESS_KEY_ID": "t",
        "AWS_SECRET_ACCESS_KEY": "t",
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    name = request.node.name.removeprefix("test_").replace("_", "-")[:60].rstrip("-")
    s3.create_bucket(Bucket=name)
    return name


def stored(s3: Any, bucket: str) -> list[dict[str, Any]]:
    """The lines that a bucket has, each object's key checked on the way."""
    lines: list[dict[str, Any]] = []
    for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", ()):
        key = entry["Key"]
        assert key.startswith("feedback/day=20"), key
        assert key == f"feedback/{key_of(key.rpartition('/')[2])}"
        content = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        lines += [json.loads(line) for line in content.splitlines()]
    return lines


def wait_until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def to(bucket: str, folder: Path, **more: Any) -> dict[str, Any]:
    """Settings of a front that brings each event as soon as it can."""
    return {
        "spool": {"folder": str(folder), "file_s": 0.05},
        "store": {"url": f"s3://{bucket}/feedback/", "every_s": 0.05, **more},
    }


def test_events_are_brought_while_it_answers_and_the_last_ones_as_it_ends(
    s3: Any, bucket: str, tmp_path: Path
) -> None:
    with front_of(NOBODY, **to(bucket, tmp_path)) as client:
        assert send(client, "key-0001", event(), event(event="clicked", rank=1)).status_code == 202
        wait_until(lambda: len(stored(s3, bucket)) == 2)
        wait_until(lambda: not spooled(tmp_path))
        assert "front_feedback_files_total 1.0" in client.get("/metrics").text
        assert send(client, "key-0001", event(), event(event="clicked", rank=1)).json()["repeated"], (
            "brought or not"
        )
    with front_of(NOBODY, **to(bucket, tmp_path, every_s=600)) as client:
        assert send(client, "key-0002", event(event="bought")).status_code == 202
    assert sorted(line["event"] for line in stored(s3, bucket)) == ["bought", "clicked", "shown"]
    assert not list(tmp_path.iterdir())


def test_what_a_store_refuses_waits_is_told_once_and_comes_later(
    s3: Any, bucket: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING), front_of(NOBODY, **to("not-there-yet", tmp_path)) as client:

        def counted(name: str) -> float:
            (line,) = [one for one in client.get("/metrics").text.splitlines() if one.startswith(f"{name} ")]
            return float(line.split()[1])

        assert send(client, "key-0001").status_code == 202
        wait_until(lambda: counted("front_feedback_store_failures_total") >= 3)
        assert counted("front_spool_oldest_seconds") > 0
        assert counted("front_spool_bytes") > 0
        assert send(client, "key-0002").status_code == 202, "it goes on taking events"
        told = [record.getMessage() for record in caplog.records if "tried again" in record.getMessage()]
        assert len(told) == 1
        assert "s3://not-there-yet/feedback/" in told[0]
        s3.create_bucket(Bucket="not-there-yet")
        wait_until(lambda: len(stored(s3, "not-there-yet")) == 2)
        wait_until(lambda: not counted("front_spool_bytes"))
        assert counted("front_spool_oldest_seconds") == 0


def test_a_killed_front_loses_nothing_and_the_next_brings_it(s3: Any, bucket: str, tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    process, client = started(spool, f"store: {{url: 's3://{bucket}/feedback/', every_s: 600.0}}")
    with client:
        acknowledged = [n for n in range(10) if send(client, f"key-{n:04}").status_code == 202]
        process.kill()
        process.wait()
    assert len(acknowledged) == 10
    assert list(spool.glob(f"{OPEN}*"))
    process, client = started(
        spool, f"store: {{url: 's3://{bucket}/feedback/', every_s: 600.0}}\ntimes: {{drain_s: 0.0}}"
    )
    with client:
        process.send_signal(signal.SIGTERM)
        assert process.wait(SECONDS) == 0
    assert len({line["id"] for line in stored(s3, bucket)}) == 10
    assert not list(spool.glob(f"{FINISHED}*"))


def test_a_file_is_named_by_the_day_on_which_it_was_finished() -> None:
    assert key_of("feedback-20261128T235959.000001Z-0a1b.jsonl") == (
        "day=2026-11-28/feedback-20261128T235959.000001Z-0a1b.jsonl"
    )


@pytest.mark.parametrize(
    "url", ["https://b/feedback/", "s3://B/feedback/", "s3://bucket", "s3://bucket/feedback", "s3://bucket//"]
)
def test_an_address_that_is_none_is_refused_with_what_is_allowed(url: str) -> None:
    with pytest.raises(SettingsError, match="s3://BUCKET/PREFIX/"):
        settings(NOBODY, spool={"folder": "spool"}, store={"url": url})


def test_a_store_without_a_spool_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no spool"):
        settings(NOBODY, store=StoreSettings(url="s3://bucket/").model_dump())
    assert settings(NOBODY, **to("bucket", tmp_path)).store is not None
