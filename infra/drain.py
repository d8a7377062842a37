"""Wait for everything that the program asked for, in time proportional to how much that is.

The SDK waits for pending outputs one completion at a time and touches all the others each time
(``pulumi.runtime.stack.wait_for_rpcs``, SDK 3.272): quadratic, 48 s for 1,058 resources where 6 s are
enough. A program that has nothing pending any more when it returns leaves it nothing to do.
"""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pulumi
from pulumi import log
from pulumi.runtime.settings import SETTINGS, _get_rpc_manager

Outputs = Mapping[str, Any]

DEBUG = "ISTHMUS_DEBUG"
"""Set in the environment, the SDK's debug messages go to the engine, which shows them under ``--debug``."""

_TURNS = 50


async def flush_registrations() -> None:
    """Send what was registered so far to the engine, which then works on it while the program goes on.

    A registration takes some turns of the loop before it is on its way; turns cost nothing where none waits.
    """
    for _ in range(_TURNS):
        await asyncio.sleep(0)


async def drain() -> None:
    """Wait until no registration and no output is pending.

    Raises:
        BaseException: the first one that a registration or an output ends with, as soon as it does.
    """
    registrations = _get_rpc_manager()
    while True:
        if registrations.unhandled_exception is not None:
            raise registrations.unhandled_exception.with_traceback(registrations.exception_traceback)
        with SETTINGS.lock:
            waiting = {asyncio.ensure_future(each) for each in (*SETTINGS.outputs, *registrations.rpcs)}
            SETTINGS.outputs.clear()
            registrations.rpcs.clear()
        if not waiting:
            # What a finished task started is scheduled, but may not have run yet.
            await asyncio.sleep(0)
            with SETTINGS.lock:
                if not SETTINGS.outputs and not registrations.rpcs:
                    return
            continue
        done, pending = await asyncio.wait(waiting, return_when=asyncio.FIRST_EXCEPTION)
        with SETTINGS.lock:
            SETTINGS.outputs.update(pending)
        for each in done:
            each.result()


def run(program: Callable[[], Awaitable[Outputs]]) -> None:
    """Run a program that registers resources and returns the stack's outputs; return when all is there."""

    async def drained() -> Outputs:
        # In here, since the SDK only notes the program now and runs it once this module has been read.
        with _undisturbed():
            outputs = await program()
            await drain()
            return outputs

    pulumi.run(drained)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Switch off what costs the program time and serves nobody: garbage collection and debug messages."""
    # The program lives for seconds. The collector would walk the providers' half a million objects again and
    # again for the few cycles of that time: a third of the program's processor seconds for prod.
    collects, debug = gc.isenabled(), log.debug
    gc.disable()
    # The SDK logs every resource some four times, each a call that the program waits for: four of five
    # of its calls for prod. The engine shows them under --debug alone, which a program cannot ask for.
    if not os.environ.get(DEBUG):
        log.debug = _silent_debug
    try:
        yield
    finally:
        log.debug = debug
        if collects:
            gc.enable()


def _silent_debug(*_: object, **__: object) -> None:
    """Stands for ``pulumi.log.debug``."""


__all__ = ["drain", "flush_registrations", "run"]
