"""The page of the front runs as written, before the real tritonserver; and what it says of limits is so."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from serving.front.settings import Breaker, RequestLimits, SpoolSettings, Times
from serving.local.server import LocalServer
from tests.pages import ROOT
from tests.pages.blocks import blocks, run
from tests.serving.front.fronts import codes, front_of
from tests.serving.small_release import SmallRelease

PAGE = ROOT / "docs" / "front.md"
ASKS_THE_REHEARSAL = 'eval "$(isthmus env)"'


def test_the_commands_of_the_page_run_before_a_real_triton(server: LocalServer, tmp_path: Path) -> None:
    shown = [block for block in blocks(PAGE.name, PAGE.read_text()) if block.what == "run"]
    assert ASKS_THE_REHEARSAL in shown[0].text
    # The same variables, of the server of these tests.
    some = [replace(block, text=block.text.replace(ASKS_THE_REHEARSAL, ":")) for block in shown]
    environment = {
        **os.environ,
        "TRITON_URL": server.url("grpc"),
        "TRITON_PSEUDONYM_KEY": "a key of these tests, long enough",
        "TMPDIR": str(tmp_path),
    }
    told = run(some, tmp_path, environment)
    assert '"from": "model"' in told
    assert '{"events":1,"repeated":false}' in told
    assert "count: input should be greater than or equal to 1" in told
    (spooled,) = tmp_path.glob("*/spool/*")
    assert "22720" in spooled.read_text()
    assert "14911" not in spooled.read_text()


def test_answers_are_those_of_the_real_triton(server: LocalServer, release: SmallRelease) -> None:
    customers = list(release.customers)
    for kind in ("grpc", "http"):
        with front_of(server.url(kind)) as client:
            for only_new in (False, True):
                question = {"customers": [*customers, "nobody"], "count": 7, "only_new": only_new}
                answered = client.post("/v1/recommendations", json=question)
                assert answered.json()["release"] == release.digest
                for row, customer in enumerate([*customers, "nobody"]):
                    assert codes(answered, row) == release.expected(customer, 7, only_new)


def test_the_page_states_the_defaults() -> None:
    page = PAGE.read_text()
    limits, times, breaker = RequestLimits(), Times(), Breaker()
    for said in (
        f"`times.hedge_after_s` ({times.hedge_after_s:g} s)",
        f"`times.answer_s` ({times.answer_s:g} s)",
        f"`times.drain_s` ({times.drain_s:g} s)",
        f"has failed {breaker.failures} times in a row",
        f"left alone for {breaker.open_s:g} s",
        f"come after {times.receive_s:g} s",
        f"larger than {limits.body_bytes:,} bytes",
        f"more than {limits.requests_per_minute:,} requests of one caller",
        f"more than {limits.in_flight} requests at once",
        f"after a minute or {SpoolSettings(folder='x').file_bytes // 2**20} MiB",
    ):
        assert said in page, said
