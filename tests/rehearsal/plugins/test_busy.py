"""A plugin that is asked to stop while its cloud is at work: each of the three, as the engine starts it.

The engine sends Cancel, then SIGINT, to one plugin after the other, and has five seconds for all of them.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2

from rehearsal.engine.plugins import MODULES
from rehearsal.home import VARIABLE
from rehearsal.plugins import wire
from rehearsal.plugins.protocol import provider, provider_grpc
from tests.rehearsal.cluster.conftest import wait_for

pytestmark = pytest.mark.timeout(120)

SECONDS = 25.0
"""Longer than a busy machine needs for anything here, and less than a plugin waits for its cloud (30 s)."""
MANY = 200
"""More than an engine on a machine of fifty cores asks for at once."""
URN = "urn:pulumi:s::p::some:index:Thing::it"


@dataclass
class Busy:
    """A plugin whose creations and answers take until ``release``."""

    process: subprocess.Popen[bytes]
    stub: Any
    folder: Path

    def begun(self) -> None:
        """Wait until its cloud is at work."""
        wait_for((self.folder / "begun").exists, SECONDS)

    def release(self) -> None:
        (self.folder / "done").touch()

    def ask(self) -> Any:
        """A question; it is taken back where nobody keeps what this returns."""
        return self.stub.Invoke.future(provider.InvokeRequest(tok="some:index:get"))

    def create(self) -> Any:
        return self.stub.Create.future(
            provider.CreateRequest(urn=URN, properties=wire.encode(wire.Decoded({})))
        )


@pytest.fixture(params=MODULES)
def plugin(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Busy]:
    command = [sys.executable, "-m", "tests.rehearsal.plugins.busy_plugin", request.param, str(tmp_path)]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[3],
        env={**os.environ, VARIABLE: str(tmp_path / "home")},
    )
    assert process.stdout is not None
    with grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}") as channel:
        yield Busy(process, provider_grpc.ResourceProviderStub(channel), tmp_path)
    process.kill()
    process.wait()


def test_cancel_is_answered_while_everything_is_being_made(plugin: Busy) -> None:
    made = [plugin.create() for _ in range(MANY)]
    plugin.begun()
    plugin.stub.Cancel(empty_pb2.Empty(), timeout=SECONDS)
    assert not any(one.done() for one in made), "it was not busy"
    plugin.release()
    assert {one.result(timeout=SECONDS).id for one in made} == {"made"}


def test_what_is_being_made_is_waited_for_and_no_answer_is(plugin: Busy) -> None:
    asked = plugin.ask()
    plugin.begun()
    (plugin.folder / "begun").unlink()
    made = plugin.create()
    plugin.begun()
    plugin.process.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        plugin.process.wait(1)
    plugin.release()
    assert made.result(timeout=SECONDS).id == "made"
    assert plugin.process.wait(SECONDS) == 0
    assert not asked.cancelled()


def test_a_plugin_that_only_answers_ends_at_once(plugin: Busy) -> None:
    asked = plugin.ask()
    plugin.begun()
    plugin.process.send_signal(signal.SIGINT)
    assert plugin.process.wait(SECONDS) == 0
    assert not asked.cancelled()
