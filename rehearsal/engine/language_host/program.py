"""Run one Pulumi program: started as a script, by the program's own interpreter, once for each run.

It imports nothing but the standard library and the program's own SDK, for it runs in environments
that have no package of ours.

Exit status: 0 the program ended well; 32 it failed and the user has been told why (the status that
official hosts use for it); anything else it died.
"""

from __future__ import annotations

import sys

# As a script, its own folder comes first on the path: the program must not find our modules there.
sys.path.pop(0)

import argparse
import asyncio
import ctypes
import logging
import os
import runpy
import signal
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

ERROR_SHOWN = 32


def die_with_parent(parent: int) -> None:
    """Let the kernel end this process when the host is gone; where it cannot, look four times a second."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None, use_errno=True).prctl(pr_set_pdeathsig, signal.SIGKILL)
    else:

        def watch() -> None:
            while os.getppid() == parent:
                time.sleep(0.25)
            os._exit(1)

        threading.Thread(target=watch, daemon=True).start()
    if os.getppid() != parent:
        os._exit(1)


def main() -> int:
    parser = argparse.ArgumentParser()
    for name in ("host", "monitor", "engine", "project", "stack", "organization", "root"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--parallel", type=int, required=True)
    parser.add_argument("--dry_run", required=True)
    parser.add_argument("--pwd", required=True)
    parser.add_argument("program")
    parser.add_argument("arguments", nargs="*")
    options = parser.parse_args()
    die_with_parent(int(options.host))

    try:
        import pulumi
        import pulumi.runtime
        from pulumi.runtime import stack
    except ImportError:
        traceback.print_exc()
        print(
            f"The Pulumi SDK is not installed for {sys.executable}: "
            "run `pulumi install` in the project's folder.",
            file=sys.stderr,
        )
        return 1

    pulumi.runtime.set_all_config(
        pulumi.runtime.get_config_env(), pulumi.runtime.get_config_secret_keys_env()
    )
    settings = pulumi.runtime.Settings(
        monitor=options.monitor,
        engine=options.engine,
        project=options.project,
        stack=options.stack,
        parallel=options.parallel,
        dry_run=options.dry_run == "true",
        organization=options.organization,
        root_directory=options.root,
    )
    pulumi.runtime.configure(settings)
    drain_at_once(stack)

    sys.argv = [options.program, *options.arguments]
    os.chdir(options.pwd)
    # A program that fails leaves most of its graph unresolved, which is no news to its author.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    # A registration blocks a thread until the engine is done with it.
    loop.set_default_executor(ThreadPoolExecutor(max_workers=max(options.parallel, 1) * 4))
    try:
        loop.run_until_complete(pulumi.runtime.run_in_stack(lambda: _run(options.program)))
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
        return ERROR_SHOWN
    except SystemExit as error:
        if error.code in (None, 0):
            return 0
        pulumi.log.error(f"The program ended by sys.exit({error.code!r}).")
        return ERROR_SHOWN
    except KeyboardInterrupt:
        return ERROR_SHOWN
    except Exception as error:
        if _engine_is_gone(error):
            return ERROR_SHOWN
        pulumi.log.error(f"Program failed with an unhandled exception:\n{_trace(error)}")
        return ERROR_SHOWN
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


def _run(program: str) -> None:
    runpy.run_path(program, run_name="__main__")


def drain_at_once(stack: object) -> None:
    """Wait for all of a program's outputs together before the SDK waits for them one after the other.

    The SDK's own loop looks at every pending output each time one of them is done, which is quadratic:
    48 s for 1,058 resources, against 6.5 s this way. An exception still ends the wait at once, and is
    left for the SDK to raise.
    """
    theirs = getattr(stack, "wait_for_rpcs", None)
    if theirs is None:
        return

    async def wait_for_rpcs(await_all_outstanding_tasks: bool = True) -> None:
        from pulumi.runtime.settings import SETTINGS

        manager = SETTINGS.rpc_manager
        while await_all_outstanding_tasks and manager.unhandled_exception is None:
            with SETTINGS.lock:
                items = {*manager.rpcs, *SETTINGS.outputs}
            # Those that failed stay in the set, for the SDK to raise.
            if any(item.done() and (item.cancelled() or item.exception()) for item in items):
                break
            pending = {item for item in items if not item.done()}
            if not pending:
                break
            await asyncio.wait(pending, return_when=asyncio.FIRST_EXCEPTION)
        await theirs(await_all_outstanding_tasks)

    stack.wait_for_rpcs = wait_for_rpcs  # type: ignore[attr-defined]


def _engine_is_gone(error: BaseException) -> bool:
    """Whether an RPC failed because the engine has shut down, which it tells the user itself."""
    code = getattr(error, "code", None)
    return callable(code) and getattr(code(), "name", "") in ("UNAVAILABLE", "CANCELLED")


def _trace(error: BaseException) -> str:
    """The traceback from the program's first line on: what runs the program is no part of its story."""
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_name != "<module>":
        frames = frames.tb_next
    return "".join(traceback.format_exception(type(error), error, frames or error.__traceback__))


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads of the executor may still wait for an engine that has given up on them.
    os._exit(status)
