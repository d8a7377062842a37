"""Runs a program against Pulumi's mocks, each time as if in a fresh interpreter.

Pulumi keeps the root resource, the calls under way and the outputs of a program in context variables. They
belong to the event loop of their time: a second program that finds them would wait for ever on the loop of
the first.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from typing import Any

from pulumi.runtime.mocks import MockMonitor, Mocks, set_mocks
from pulumi.runtime.stack import run_pulumi_func


def run(
    recorder: Mocks,
    program: Callable[[], Any],
    project: str = "isthmus",
    stack: str = "test",
    monitor: type[MockMonitor] = MockMonitor,
) -> None:
    """Run ``program`` (it may return an awaitable) to its end, with every call of it answered."""

    async def whole() -> None:
        # Inside the loop, because the root resource that it makes belongs to it.
        set_mocks(recorder, project=project, stack=stack, preview=False, monitor=monitor(recorder))
        await run_pulumi_func(program)

    contextvars.Context().run(asyncio.run, whole())
