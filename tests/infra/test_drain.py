"""What runs the program: no collector and no debug messages while it does, and as before afterwards."""

from __future__ import annotations

import asyncio
import contextvars
import gc
from collections.abc import Awaitable, Callable
from typing import Any

import pulumi
import pytest
from pulumi.runtime.mocks import set_mocks
from pulumi.runtime.settings import set_root_resource
from pulumi.runtime.stack import run_in_stack

from infra import drain
from tests.infra.recorded import Recorder


def _run(program: Callable[[], Awaitable[drain.Outputs]]) -> None:
    """Run a program as a language host does: the module calls ``run``, then the SDK runs what it noted."""

    async def whole() -> None:
        set_mocks(Recorder())
        set_root_resource(None)  # type: ignore[arg-type]
        await run_in_stack(lambda: drain.run(program))

    contextvars.Context().run(asyncio.run, whole())


@pytest.mark.parametrize("fails", [False, True])
def test_the_collector_rests_while_the_program_runs(fails: bool) -> None:
    enabled = []

    async def program() -> drain.Outputs:
        enabled.append(gc.isenabled())
        if fails:
            raise pulumi.RunError("no")
        return {}

    assert gc.isenabled()
    try:
        _run(program)
    except pulumi.RunError:
        assert fails
    assert enabled == [False]
    assert gc.isenabled()


@pytest.mark.parametrize("asked", [False, True])
def test_debug_messages_go_to_the_engine_only_where_asked_for(
    monkeypatch: pytest.MonkeyPatch, asked: bool
) -> None:
    messages, before = list[str](), pulumi.log.debug

    def note(_engine: Any, _severity: Any, text: str, *_: Any) -> None:
        messages.append(text)

    async def program() -> drain.Outputs:
        messages.clear()
        pulumi.ComponentResource("test:index:Thing", "thing")
        await drain.drain()
        pulumi.log.warn("warned")
        return {}

    monkeypatch.setattr(pulumi.log, "_log", note)
    monkeypatch.setenv(drain.DEBUG, "1" if asked else "")
    _run(program)
    found = messages[: messages.index("warned")]
    assert any("thing" in text for text in found) is asked, found
    assert pulumi.log.debug is before
